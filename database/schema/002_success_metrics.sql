-- How well modules 000 to 002 do what they are for, over the last 30 days: views for people, and
-- for /metrics a function that reads them. Needs 000, 001 and 002.

grant select (id, created_at, email_confirmed_at, is_anonymous) on table auth.users
to streamvibe_owner;

set role streamvibe_owner;

--
-- Refreshes of tokens, by day: a connection keeps its last one alone
--

create table if not exists internal.refresh_day (
    platform_id uuid not null references public.platform,
    day date not null,
    succeeded integer not null default 0,
    failed integer not null default 0,
    primary key (platform_id, day)
) with (fillfactor = 50);

-- Counts a refresh that a connection tells of: new tokens, or why there are none. A new link is
-- neither, and what is told of a connection that has ended already no news.
create or replace function internal.count_refresh()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_is_success boolean := new.token_issued_at <> old.token_issued_at;
begin
    if v_is_success or (new.last_error is not null and old.is_active) then
        insert into internal.refresh_day as d (platform_id, day, succeeded, failed)
        values (
            new.platform_id, (now() at time zone 'UTC')::date,
            v_is_success::integer, (not v_is_success)::integer
        )
        on conflict (platform_id, day) do update
        set
            succeeded = d.succeeded + excluded.succeeded,
            failed = d.failed + excluded.failed;
    end if;
    return null;
end;
$$;

create or replace trigger count_refresh
after update of token_issued_at, last_error on public.platform_connection
for each row when (old.linked_at = new.linked_at)
execute function internal.count_refresh();

--
-- Views
--

-- Phase 1: people who signed up, until their address is confirmed and their profile complete. Who
-- is nobody has no address to confirm.
create or replace view internal.onboarding_success as
select
    count(*) as sign_ups,
    avg(extract(epoch from u.onboarded_at - a.created_at))::double precision as profile_seconds,
    avg((a.email_confirmed_at is not null)::integer)::double precision as confirmation_ratio,
    avg((u.is_onboarded)::integer) filter (
        where a.email_confirmed_at is not null
    )::double precision as completion_ratio
from auth.users as a
left join public.users as u on a.id = u.id
where a.created_at > now() - interval '30 days' and not a.is_anonymous;

-- Phase 2: links that a browser came back from, and refreshes.
create or replace view internal.linking_success as
select
    p.slug as platform,
    s.returned,
    s.completed,
    s.success_ratio,
    s.flow_seconds,
    r.succeeded as refreshes_succeeded,
    r.failed as refreshes_failed,
    (r.succeeded / nullif(r.succeeded + r.failed, 0)::double precision) as refresh_success_ratio
from public.platform as p
cross join
    lateral (
        select
            count(*) as returned,
            count(o.completed_at) as completed,
            avg((o.completed_at is not null)::integer)::double precision as success_ratio,
            avg(
                extract(epoch from o.completed_at - o.created_at)
            )::double precision as flow_seconds
        from public.oauth_state as o
        where
            o.platform = p.slug
            and o.used_at is not null
            and o.created_at > now() - interval '30 days'
    ) as s
cross join
    lateral (
        select
            coalesce(sum(d.succeeded), 0) as succeeded,
            coalesce(sum(d.failed), 0) as failed
        from internal.refresh_day as d
        where d.platform_id = p.id and d.day > now() - interval '30 days'
    ) as r
where p.is_active;

-- Phase 3: syncs that have ended, and whether an item is there once. A constraint promises that;
-- where it does not stand any more, the items are counted.
create or replace view internal.sync_success as
select
    p.slug as platform,
    s.runs,
    s.completed,
    s.success_ratio,
    s.seconds_per_50_items,
    case
        when exists (
            select from pg_catalog.pg_constraint as k
            where
                k.conrelid = 'public.content_item'::regclass
                and k.conname = 'items_are_stored_once'
                and k.contype = 'u'
                and k.convalidated
        ) then 1.0
        else (
            select
                count(distinct c.platform_content_id)
                / greatest(count(*), 1)::double precision
            from public.content_item as c
            where c.platform_id = p.id
        )
    end as deduplication_ratio
from public.platform as p
cross join
    lateral (
        select
            count(*) as runs,
            count(*) filter (where r.outcome = 'completed') as completed,
            avg((r.outcome = 'completed')::integer)::double precision as success_ratio,
            (
                50 * sum(extract(epoch from r.ended_at - r.started_at)) filter (
                    where r.outcome = 'completed' and r.read_items > 0
                )
                / nullif(sum(r.read_items) filter (where r.outcome = 'completed'), 0)
            )::double precision as seconds_per_50_items
        from internal.sync_run as r
        where
            r.platform_id = p.id
            and r.ended_at is not null
            and r.started_at > now() - interval '30 days'
    ) as s
where p.is_active;

-- What a process tells under /metrics: of a part, and of a platform where the part has several.
-- What nothing is known of yet is left out.
create or replace function internal.success_gauges(p_part text, p_platform text default null)
returns table (name text, help text, value double precision)
language sql stable
security definer
set search_path = ''
as $$
    select g.name, g.help, g.value
    from (
        select v.name, v.help, v.value
        from internal.onboarding_success as o
        cross join lateral (values
            (
                'onboarding_profile_seconds',
                'From a sign-up to its complete profile, on average over 30 days.',
                o.profile_seconds
            ),
            (
                'onboarding_confirmation_ratio',
                'Sign-ups of 30 days whose address is confirmed.', o.confirmation_ratio
            ),
            (
                'onboarding_completion_ratio',
                'Confirmed sign-ups of 30 days whose profile is complete.', o.completion_ratio
            )
        ) as v (name, help, value)
        where p_part = 'onboarding'
        union all
        select v.name, v.help, v.value
        from internal.linking_success as l
        cross join lateral (values
            (
                'oauth_success_ratio', 'Links of 30 days that came back and succeeded.',
                l.success_ratio
            ),
            (
                'oauth_flow_seconds', 'From the beginning of a link to its account, on average.',
                l.flow_seconds
            ),
            (
                'oauth_refresh_success_ratio', 'Refreshes of tokens in 30 days that succeeded.',
                l.refresh_success_ratio
            )
        ) as v (name, help, value)
        where p_part = 'linking' and l.platform = p_platform
        union all
        select v.name, v.help, v.value
        from internal.sync_success as s
        cross join lateral (values
            (
                'sync_success_ratio', 'Syncs of 30 days that were completed.', s.success_ratio
            ),
            (
                'sync_seconds_per_50_items', 'What 50 items of a sync take, on average.',
                s.seconds_per_50_items
            ),
            (
                'sync_deduplication_ratio', 'Items that are stored once.', s.deduplication_ratio
            )
        ) as v (name, help, value)
        where p_part = 'sync' and s.platform = p_platform
    ) as g
    where g.value is not null
$$;

--
-- Who may do what: nothing that is not said here
--

revoke execute on all functions in schema internal from public;
revoke all on table
internal.refresh_day,
internal.onboarding_success,
internal.linking_success,
internal.sync_success
from public, anon, authenticated, service_role;

alter table internal.refresh_day enable row level security;

grant select on table
internal.onboarding_success,
internal.linking_success,
internal.sync_success
to service_role;

-- the logins themselves, for no caller's sake
grant execute on function internal.success_gauges(text, text) to edge, edge_service;

reset role;
