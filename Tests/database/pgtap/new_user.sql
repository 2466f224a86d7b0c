-- login: streamvibe_owner
-- What a user begins with, and what is left when the account goes.

begin;
select plan(14);

select results_eq(
    $$ select is_onboarded, is_public, is_verified, profile_slug, timezone, language
        from public.users where id = test.ann() $$,
    $$ values (false, true, false, null, 'UTC', 'en') $$,
    'a user who is not onboarded, without an address'
);
select results_eq(
    $$ select role::text, granted_by from public.user_role where user_id = test.ann() $$,
    $$ values ('user', null::uuid) $$,
    'the role of a user'
);
select results_eq(
    $$ select sync_frequency_hours from public.user_setting where user_id = test.ann() $$,
    $$ values (24) $$,
    'settings'
);
select results_eq(
    $$ select t.slug, st.slug, s.syncs_used, s.ai_analyses_used, s.seo_submissions_used,
            s.social_accounts_used
        from public.subscription as s
        inner join public.subscription_tier as t on s.tier_id = t.id
        inner join public.subscription_status as st on s.status_id = st.id
        where s.user_id = test.ann() $$,
    $$ values ('free', 'active', 0, 0, 0, 0) $$,
    'a free subscription of which nothing is used'
);
select results_eq(
    $$ select cycle_start_date, cycle_end_date from public.subscription
        where user_id = test.ann() $$,
    $$ select
            date_trunc('month', now() at time zone 'UTC') at time zone 'UTC',
            (date_trunc('month', now() at time zone 'UTC') + interval '1 month')
            at time zone 'UTC' $$,
    'whose cycle is the calendar month in UTC'
);

create function pg_temp.new_user(p_meta jsonb) returns text language plpgsql as $$
declare
    v_id uuid := gen_random_uuid();
    v_told text;
begin
    execute 'alter table public.users drop constraint users_id_fkey';
    create temporary table account (id uuid, raw_user_meta_data jsonb);
    create trigger t after insert on account
    for each row execute function internal.handle_new_user();
    insert into account values (v_id, p_meta);
    select format('%s|%s', u.display_name, u.avatar_url) into v_told
    from public.users as u where u.id = v_id;
    raise exception using errcode = 'P0099', message = v_told;
exception
    when sqlstate 'P0099' then return sqlerrm;
end;
$$;

select is(pg_temp.new_user(said.words::jsonb), said.told, said.claim)
from (
    values
    (
        '{"full_name": "  Mia\n  Li ", "avatar_url": "https://example.com/a.png"}',
        'Mia Li|https://example.com/a.png', 'a name and a picture are taken from the account'
    ),
    ('{"name": " \t "}', '|', 'a blank name is none'),
    ('[1]', '|', 'what is no object says nothing'),
    ('{"name": "A", "avatar_url": "javascript:alert(1)"}', 'A|', 'a picture is https'),
    (
        format('{"name": "%s"}', repeat('x', 500)), repeat('x', 100) || '|',
        'a long name is cut'
    )
) as said (words, told, claim);

-- the whole of it, or nothing
create function pg_temp.new_user_without_tier() returns text language plpgsql as $$
begin
    delete from public.subscription where true;
    update public.subscription_tier set slug = 'gone' where slug = 'free';
    return pg_temp.new_user('{}');
end;
$$;
select throws_ok(
    $$ select pg_temp.new_user_without_tier() $$, 'P0001', 'the free tier is missing',
    'without a free tier nobody signs up, rather than without a subscription'
);

-- the audit log: a role that is given and one that is taken
delete from public.user_role
where user_id = test.ada() and role = 'admin';
select set_eq(
    $$ select action, entity_type, entity_id, old_values ->> 'role' as was,
            new_values ->> 'role' as is
        from public.audit_log where entity_type = 'user_role' and entity_id = test.ada() $$,
    $$ values
        ('insert', 'user_role', test.ada(), null, 'user'),
        ('insert', 'user_role', test.ada(), null, 'admin'),
        ('delete', 'user_role', test.ada(), 'admin', null) $$,
    'roles that are given and taken are in the audit log'
);
update public.subscription set syncs_used = 1
where user_id = test.ann();
update public.subscription
set
    tier_id = (
        select id from public.subscription_tier
        where slug = 'basic'
    )
where user_id = test.ann();
select is(
    (
        select count(*) from public.audit_log
        where entity_type = 'subscription'
    ), 1::bigint,
    'and a change of tier is, while a unit that is used is not'
);

-- an account that goes takes all that is its user's
insert into internal.quota_reservation (user_id, quota_type, cycle_number, lease_until)
values (test.bob(), 'sync', 1, now());
insert into public.quota_usage_history (
    user_id, quota_type, operation, amount, current_value, max_value, billing_cycle_start,
    billing_cycle_end
) values (test.bob(), 'sync', 'increment', 1, 1, 10, now(), now());
insert into public.user_role (user_id, role, granted_by)
values (test.ann(), 'moderator', test.bob());
insert into public.audit_log (user_id, action, entity_type) values (test.bob(), 'did', 'thing');
delete from public.users
where id = test.bob();
select is_empty(
    $$
        select 'user' from public.users where id = test.bob()
        union all select 'role' from public.user_role
        where user_id = test.bob() or granted_by = test.bob()
        union all select 'setting' from public.user_setting where user_id = test.bob()
        union all select 'subscription' from public.subscription where user_id = test.bob()
        union all select 'notification' from public.notification where user_id = test.bob()
        union all select 'history' from public.quota_usage_history where user_id = test.bob()
        union all select 'reservation' from internal.quota_reservation where user_id = test.bob()
        union all select 'audit' from public.audit_log where user_id = test.bob()
    $$,
    'nothing of a user is left in any table, and the audit log forgets the name'
);

select finish();
rollback;
