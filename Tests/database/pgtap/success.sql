-- login: edge_service
-- How well sign-ups, links and syncs go, as views and as gauges.

begin;
select no_plan();

create function pg_temp.told(p_part text, p_platform text) returns text language sql
as $$
    select string_agg(g.name || ' ' || round(g.value::numeric, 3), ', ' order by g.name)
    from internal.success_gauges(p_part, p_platform) as g
$$;

-- three people, of whom two have confirmed their address and one completes the profile, and
-- somebody who is nobody
reset session authorization;
set local role auth_admin;
update auth.users set
    email_confirmed_at = case when id <> test.ada() then now() end,
    created_at = now() - case when id = test.bob() then interval '9 s' else interval '4 s' end;
insert into auth.users (id, is_anonymous) values ('0000000d-0000-4000-8000-000000000000', true);
set local role streamvibe_owner;
update public.users as u set created_at = a.created_at
from auth.users as a
where a.id = u.id;
reset role;
set session authorization edge;
select test.act('edge_user', test.ann());
select is(
    (select display_name from internal.complete_profile('Ann', null, null, null, null)), 'Ann',
    'one completes the profile'
);
reset role;
set session authorization edge_service;
select is(
    pg_temp.told('onboarding', null),
    'onboarding_completion_ratio 0.500, onboarding_confirmation_ratio 0.667, '
    'onboarding_profile_seconds 4.000',
    'sign-ups'
);

select is(pg_temp.told('linking', 'youtube'), null, 'of what nothing is known nothing is told');
select test.act('service_role');
insert into public.oauth_state (
    state_hash, user_id, platform, expires_at, used_at, completed_at, created_at
) values
(sha256('1'), test.ann(), 'youtube', now(), now(), now(), now() - interval '10 s'),
(sha256('2'), test.ann(), 'youtube', now(), now(), now(), now() - interval '20 s'),
(sha256('3'), test.ann(), 'youtube', now(), now(), null, now() - interval '20 s'),
(sha256('4'), test.ann(), 'youtube', now(), null, null, now()),
(sha256('5'), test.ann(), 'tiktok', now(), now(), null, now()),
(sha256('6'), test.ann(), 'youtube', now(), now(), null, now() - interval '31 days');
insert into public.platform_connection (
    id, user_id, platform_id, vault_secret_name, platform_user_id
)
select
    test.ann() as id,
    test.ann() as user_id,
    p.id as platform_id,
    'secret' as vault_secret_name,
    'UC1' as platform_user_id
from public.platform as p
where p.slug = 'youtube';
-- refreshed three times, failed once, linked anew
update public.platform_connection set token_issued_at = now() + interval '1 s', last_error = null;
update public.platform_connection set token_issued_at = now() + interval '2 s', last_error = null;
update public.platform_connection set token_issued_at = now() + interval '3 s', last_error = null;
update public.platform_connection set last_error = 'it could not be reached';
update public.platform_connection set
    token_issued_at = now() + interval '4 s', linked_at = linked_at + interval '1 s';
update public.platform_connection set platform_username = 'other';
select set_config('role', 'none', true);
select is(
    pg_temp.told('linking', 'youtube'),
    'oauth_flow_seconds 15.000, oauth_refresh_success_ratio 0.750, oauth_success_ratio 0.667',
    'links that came back within 30 days, and refreshes'
);
select is(pg_temp.told('linking', 'tiktok'), 'oauth_success_ratio 0.000', 'each platform''s own');

select test.act('service_role');
insert into public.social_account (
    id, user_id, connection_id, platform_id, status_id, account_name
)
select
    c.id,
    c.user_id,
    c.id as connection_id,
    c.platform_id,
    s.id as status_id,
    'Channel' as account_name
from public.platform_connection as c inner join public.account_status as s on s.slug = 'active';
reset session authorization;
set local role streamvibe_owner;
insert into internal.sync_run (
    social_account_id, user_id, platform_id, lease, lease_until, is_full, read_items, outcome,
    started_at, ended_at
)
select
    a.id as social_account_id,
    a.user_id,
    a.platform_id,
    '1 min' as lease,
    now() as lease_until,
    false as is_full,
    r.read_items,
    r.outcome,
    now() - r.ago as started_at,
    now() - r.ago + r.took as ended_at
from public.social_account as a
cross join (
    values
    (50, 'completed', interval '1 hour', interval '3 s'),
    (150, 'completed', interval '2 hours', interval '5 s'),
    (0, 'completed', interval '2 hours', interval '1 s'),
    (0, 'failed', interval '3 hours', interval '9 s'),
    (0, 'abandoned', interval '3 hours', interval '9 s'),
    (0, 'failed', interval '31 days', interval '9 s'),
    (0, null, interval '1 min', null)
) as r (read_items, outcome, ago, took);
reset role;
set session authorization edge_service;
select is(
    pg_temp.told('sync', 'youtube'),
    'sync_deduplication_ratio 1.000, sync_seconds_per_50_items 2.000, sync_success_ratio 0.600',
    'syncs that have ended'
);
select is(pg_temp.told('sync', 'tiktok'), 'sync_deduplication_ratio 1.000', 'of their platform');

select test.act('authenticated', test.ann());
select
    is(
        (test.refusal(format('select from %s', r.name))).state, '42501',
        format('no user reads %s', r.name)
    )
from (
    values
    ('internal.onboarding_success'), ('internal.linking_success'), ('internal.sync_success'),
    ('internal.success_gauges(''onboarding'')')
) as r (name);

select finish();
rollback;
