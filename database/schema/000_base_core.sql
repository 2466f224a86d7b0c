-- Module 000: people, their settings, roles, subscription and quotas, and what every later module
-- leans on. Needs database/platform/.

set role streamvibe_owner;

do $$
begin
    create type public.app_role_enum as enum ('user', 'admin', 'moderator');
exception
    when duplicate_object then null;
end;
$$;

do $$
begin
    create type public.notification_type_enum as enum ('info', 'success', 'warning', 'error');
exception
    when duplicate_object then null;
end;
$$;

grant usage on type public.app_role_enum, public.notification_type_enum
to anon, authenticated, service_role;

--
-- Tables
--

-- What a creator's channel is about; the discovery module builds on it.
create table if not exists public.content_category (
    code text primary key,
    name text not null,
    description text,
    parent_category text references public.content_category,
    icon_name text,
    sort_order integer,
    is_active boolean default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint codes_are_slugs check (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$')
);

create table if not exists public.users (
    id uuid primary key references auth.users on delete cascade,
    avatar_url text,
    timezone text default 'UTC',
    language text default 'en',
    is_onboarded boolean default false,
    onboarded_at timestamptz,
    display_name text,
    bio text,
    website_url text,
    is_verified boolean default false,
    profile_slug text,
    primary_category text references public.content_category,
    total_followers_count bigint default 0,
    profile_views_count bigint default 0,
    profile_clicks_count bigint default 0,
    is_public boolean default true,
    seo_title text,
    seo_description text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint display_names_are_one_line_of_text check (
        char_length(display_name) <= 100
        and display_name ~ '[^[:space:]]'
        and display_name !~ '[[:cntrl:]]'
    ),
    constraint bios_are_short check (char_length(bio) <= 1000),
    constraint avatars_are_https check (
        avatar_url ~ '^https://[^[:space:][:cntrl:]]+$' and char_length(avatar_url) <= 2048
    ),
    constraint websites_are_https check (
        website_url ~ '^https://[^[:space:][:cntrl:]]+$' and char_length(website_url) <= 2048
    ),
    constraint timezones_are_names check (timezone ~ '^[A-Za-z0-9_+/-]{1,64}$'),
    constraint languages_are_tags check (
        language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' and char_length(language) <= 35
    ),
    constraint seo_texts_are_short check (
        char_length(seo_title) <= 200 and char_length(seo_description) <= 500
    ),
    constraint slugs_are_addresses check (
        profile_slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(profile_slug) <= 80
    ),
    constraint counts_are_not_negative check (
        total_followers_count >= 0 and profile_views_count >= 0 and profile_clicks_count >= 0
    )
);

-- one address, one person
create unique index if not exists users_profile_slug_key on public.users (profile_slug);
create index if not exists users_primary_category_idx on public.users (primary_category);

create table if not exists public.user_role (
    user_id uuid not null references public.users on delete cascade,
    role public.app_role_enum not null,
    granted_at timestamptz not null default now(),
    granted_by uuid references public.users on delete set null,
    created_at timestamptz not null default now(),
    primary key (user_id, role)
);

create index if not exists user_role_granted_by_idx on public.user_role (granted_by);

create table if not exists public.user_setting (
    user_id uuid primary key references public.users on delete cascade,
    is_email_notifications_enabled boolean default true,
    is_push_notifications_enabled boolean default true,
    is_weekly_digest_enabled boolean default true,
    is_auto_sync_enabled boolean default true,
    sync_frequency_hours integer default 24,
    is_auto_ai_analysis_enabled boolean default false,
    is_auto_apply_ai_suggestions_enabled boolean default false,
    is_auto_seo_submission_enabled boolean default false,
    is_analytics_enabled boolean default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint syncs_are_hours_apart check (sync_frequency_hours between 1 and 720)
);

create table if not exists public.subscription_tier (
    id uuid primary key default extensions.uuid_generate_v7(),
    slug text not null unique,
    display_name text not null,
    description text,
    max_social_accounts integer not null,
    max_syncs_per_month integer not null,
    max_ai_analyses_per_month integer not null,
    max_seo_submissions_per_month integer not null,
    price_cents integer not null,
    currency text not null default 'usd',
    stripe_price_id text unique,
    stripe_product_id text,
    is_featured boolean default false,
    is_active boolean default true,
    sort_order integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint limits_are_not_negative check (
        max_social_accounts >= 0
        and max_syncs_per_month >= 0
        and max_ai_analyses_per_month >= 0
        and max_seo_submissions_per_month >= 0
        and price_cents >= 0
    ),
    constraint currencies_are_codes check (currency ~ '^[a-z]{3}$')
);

create table if not exists public.subscription_status (
    id uuid primary key default extensions.uuid_generate_v7(),
    slug text not null unique,
    display_name text not null,
    description text,
    -- whether the tier's limits hold; otherwise those of the free tier do
    is_active_state boolean default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table if not exists public.subscription (
    id uuid primary key default extensions.uuid_generate_v7(),
    user_id uuid not null unique references public.users on delete cascade,
    tier_id uuid not null references public.subscription_tier,
    status_id uuid not null references public.subscription_status,
    syncs_used integer not null default 0,
    ai_analyses_used integer not null default 0,
    seo_submissions_used integer not null default 0,
    -- linked accounts that count; the month's turn leaves it alone
    social_accounts_used integer not null default 0,
    cycle_start_date timestamptz not null,
    cycle_end_date timestamptz not null,
    -- rises whenever the counters begin at zero: what was charged before is not in them
    cycle_number integer not null default 1,
    next_billing_date timestamptz,
    -- the day of the month that a paid cycle begins on (31 January, 28 February, 31 March)
    billing_cycle_anchor timestamptz,
    stripe_customer_id text,
    stripe_subscription_id text unique,
    stripe_price_id text,
    is_auto_renew_enabled boolean default true,
    canceled_at timestamptz,
    cancellation_reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint cycles_begin_before_they_end check (cycle_start_date < cycle_end_date),
    constraint usage_is_not_negative check (
        syncs_used >= 0
        and ai_analyses_used >= 0
        and seo_submissions_used >= 0
        and social_accounts_used >= 0
    )
) with (fillfactor = 80);

-- whose cycle is over
create index if not exists subscription_cycle_end_date_idx on public.subscription (cycle_end_date);
create index if not exists subscription_tier_id_idx on public.subscription (tier_id);
create index if not exists subscription_status_id_idx on public.subscription (status_id);
create index if not exists subscription_stripe_customer_id_idx
on public.subscription (stripe_customer_id);

create table if not exists public.notification (
    id uuid primary key default extensions.uuid_generate_v7(),
    user_id uuid not null references public.users on delete cascade,
    type public.notification_type_enum not null,
    title text not null,
    message text not null,
    action_url text,
    action_label text,
    metadata jsonb,
    related_entity_type text,
    related_entity_id uuid,
    is_read boolean not null default false,
    read_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create index if not exists notification_user_id_created_at_idx
on public.notification (user_id, created_at desc);
create index if not exists notification_unread_idx
on public.notification (user_id, created_at desc) where not is_read;
-- what pruning takes
create index if not exists notification_created_at_idx on public.notification (created_at);

-- Append-only. An entry outlives the user it is about, without the name.
create table if not exists public.audit_log (
    id uuid primary key default extensions.uuid_generate_v7(),
    user_id uuid references public.users on delete set null,
    action text not null,
    entity_type text not null,
    entity_id uuid,
    old_values jsonb,
    new_values jsonb,
    ip_address inet,
    user_agent text,
    created_at timestamptz not null default now()
);

create index if not exists audit_log_user_id_created_at_idx
on public.audit_log (user_id, created_at desc);
create index if not exists audit_log_entity_idx
on public.audit_log (entity_type, entity_id, created_at desc);

-- Append-only: one row for each change of a counter; `amount` is how far it moved, `operation` says
-- which way (increment, reserve: up; decrement, release, reset: down).
create table if not exists public.quota_usage_history (
    id uuid primary key default extensions.uuid_generate_v7(),
    user_id uuid not null references public.users on delete cascade,
    quota_type text not null,
    operation text not null,
    amount integer not null,
    current_value integer not null,
    max_value integer not null,
    related_entity_type text,
    related_entity_id uuid,
    reason text,
    billing_cycle_start timestamptz not null,
    billing_cycle_end timestamptz not null,
    created_at timestamptz not null default now(),
    constraint quota_types_are_known check (
        quota_type in ('sync', 'ai_analysis', 'seo_submission', 'social_account')
    ),
    constraint operations_are_known check (
        operation in ('increment', 'decrement', 'reserve', 'release', 'reset')
    )
);

create index if not exists quota_usage_history_user_id_created_at_idx
on public.quota_usage_history (user_id, created_at desc);

create table if not exists public.cache_store (
    key text primary key,
    value jsonb not null,
    category text not null,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create index if not exists cache_store_expires_at_idx on public.cache_store (expires_at);
create index if not exists cache_store_category_idx on public.cache_store (category);

-- Units that are charged for work in flight. Whoever deletes the row decides, once, what becomes of
-- the unit: settled, it stays spent; released or expired, it goes back.
create table if not exists internal.quota_reservation (
    id uuid primary key default extensions.uuid_generate_v7(),
    user_id uuid not null references public.users on delete cascade,
    quota_type text not null,
    -- the subscription's when the unit was charged
    cycle_number integer not null,
    lease_until timestamptz not null,
    created_at timestamptz not null default now()
);

create index if not exists quota_reservation_user_id_idx on internal.quota_reservation (user_id);
create index if not exists quota_reservation_lease_until_idx
on internal.quota_reservation (lease_until);

--
-- Rows that come with the schema; what a team changes in them stays changed
--

insert into public.content_category (code, name, sort_order) values
('music', 'Music', 1),
('gaming', 'Gaming', 2),
('education', 'Education', 3),
('lifestyle', 'Lifestyle', 4),
('comedy', 'Comedy', 5),
('tech', 'Technology', 6),
('beauty', 'Beauty & Fashion', 7),
('fitness', 'Fitness & Health', 8),
('food', 'Food & Cooking', 9),
('business', 'Business & Finance', 10),
('art', 'Arts & Crafts', 11),
('entertainment', 'Entertainment', 12),
('news', 'News & Politics', 13),
('science', 'Science', 14),
('other', 'Other', 15)
on conflict (code) do nothing;

insert into public.subscription_tier (
    slug,
    display_name,
    description,
    max_social_accounts,
    max_syncs_per_month,
    max_ai_analyses_per_month,
    max_seo_submissions_per_month,
    price_cents,
    is_featured,
    sort_order
) values
('free', 'Free', 'One account to begin with.', 1, 10, 25, 0, 0, false, 1),
('basic', 'Basic', 'For creators on several platforms.', 3, 100, 100, 50, 1900, true, 2),
('premium', 'Premium', 'For those who live from it.', 10, 500, 500, 200, 4900, false, 3)
on conflict (slug) do nothing;

insert into public.subscription_status (slug, display_name, description, is_active_state) values
('active', 'Active', 'Paid for, or free.', true),
('trialing', 'Trialing', 'Free of charge until the trial ends.', true),
('past_due', 'Past due', 'A payment failed and is tried again.', true),
('canceled', 'Canceled', 'Ended.', false),
('paused', 'Paused', 'Nothing is charged and nothing is granted.', false),
('incomplete', 'Incomplete', 'The first payment is awaited.', false),
('incomplete_expired', 'Incomplete, expired', 'The first payment never came.', false),
('unpaid', 'Unpaid', 'Payments failed for good.', false)
on conflict (slug) do nothing;

--
-- Functions that REST serves by name
--

-- Whether the user has the role. Users may ask for themselves, the service role for anybody.
create or replace function public.has_role(p_user_id uuid, p_role public.app_role_enum)
returns boolean
language plpgsql stable
security definer
set search_path = ''
as $$
begin
    perform internal.require_self(p_user_id);
    return exists (
        select from public.user_role as r
        where r.user_id = p_user_id and r.role = p_role
    );
end;
$$;

-- Whether the caller has the role; what policies ask.
create or replace function public.has_role(role public.app_role_enum)
returns boolean
language sql stable
security definer
set search_path = ''
as $$
    select exists (
        select from public.user_role as r
        where r.user_id = (select auth.uid()) and r.role = has_role.role
    )
$$;

-- What of a quota is used in the cycle that runs now, and how much there is. No row when the user
-- has no subscription.
create or replace function internal.quota_state(p_user_id uuid, p_quota_type text)
returns table (used integer, max_value integer)
language plpgsql stable
set search_path = ''
as $$
begin
    if p_quota_type is null
        or p_quota_type not in ('sync', 'ai_analysis', 'seo_submission', 'social_account')
    then
        raise exception 'there is no quota %', coalesce(p_quota_type, 'null')
            using errcode = '22023';
    end if;

    return query
    select
        case
            when p_quota_type = 'social_account' then s.social_accounts_used
            when s.cycle_end_date <= now() then 0
            when p_quota_type = 'sync' then s.syncs_used
            when p_quota_type = 'ai_analysis' then s.ai_analyses_used
            else s.seo_submissions_used
        end,
        case p_quota_type
            when 'social_account' then t.max_social_accounts
            when 'sync' then t.max_syncs_per_month
            when 'ai_analysis' then t.max_ai_analyses_per_month
            else t.max_seo_submissions_per_month
        end
    from public.subscription as s
    inner join public.subscription_status as st on s.status_id = st.id
    -- a tier that is not paid for is the free one
    inner join public.subscription_tier as t
        on case when st.is_active_state then t.id = s.tier_id else t.slug = 'free' end
    where s.user_id = p_user_id;
end;
$$;

-- Whether the user has a unit of the quota left.
create or replace function public.check_quota(p_user_id uuid, p_quota_type text)
returns boolean
language plpgsql stable
security definer
set search_path = ''
as $$
begin
    perform internal.require_self(p_user_id);
    return coalesce((
        select q.used < q.max_value
        from internal.quota_state(p_user_id, p_quota_type) as q
    ), false);
end;
$$;

-- The cycle that runs at the given time: the calendar month in UTC; for a subscription of Stripe's,
-- the month that begins on its anchor's day (the last day of shorter months).
create or replace function internal.quota_cycle(
    p_anchor timestamptz,
    p_is_paid boolean,
    p_now timestamptz
)
returns table (starts_at timestamptz, ends_at timestamptz)
language sql immutable
set search_path = ''
as $$
    select
        (a.anchor + make_interval(months => m.months)) at time zone 'UTC',
        (a.anchor + make_interval(months => m.months + 1)) at time zone 'UTC'
    from (
        select
            p_now at time zone 'UTC' as utc,
            case
                when p_is_paid then p_anchor at time zone 'UTC'
                else pg_catalog.date_trunc('month', p_now at time zone 'UTC')
            end as anchor
    ) as a
    cross join lateral (
        select
            (extract(year from a.utc) - extract(year from a.anchor))::integer * 12
            + (extract(month from a.utc) - extract(month from a.anchor))::integer as months
    ) as d
    cross join lateral (
        select
            d.months
            - (a.anchor + make_interval(months => d.months) > a.utc)::integer as months
    ) as m
$$;

-- Begins the cycle that runs now for those of the users whose cycle is over: the month's counters
-- are zero again. The caller holds the locks of their rows. Returns how many there were.
create or replace function internal.move_quota_cycles_on(p_user_ids uuid [])
returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_moved integer;
begin
    with due as (
        select
            s.user_id, s.syncs_used, s.ai_analyses_used, s.seo_submissions_used,
            t.max_syncs_per_month, t.max_ai_analyses_per_month, t.max_seo_submissions_per_month,
            s.stripe_subscription_id is not null as is_paid,
            c.starts_at, c.ends_at
        from public.subscription as s
        inner join public.subscription_status as st on s.status_id = st.id
        inner join public.subscription_tier as t
            on case when st.is_active_state then t.id = s.tier_id else t.slug = 'free' end
        cross join lateral internal.quota_cycle(
            coalesce(s.billing_cycle_anchor, s.cycle_start_date),
            s.stripe_subscription_id is not null,
            now()
        ) as c
        where s.user_id = any(p_user_ids) and s.cycle_end_date <= now()
    ),
    told as (
        insert into public.quota_usage_history (
            user_id, quota_type, operation, amount, current_value, max_value, reason,
            billing_cycle_start, billing_cycle_end
        )
        select
            d.user_id, q.quota_type, 'reset', q.used, 0, q.max_value, 'the cycle is over',
            d.starts_at, d.ends_at
        from due as d
        cross join lateral (values
            ('sync', d.syncs_used, d.max_syncs_per_month),
            ('ai_analysis', d.ai_analyses_used, d.max_ai_analyses_per_month),
            ('seo_submission', d.seo_submissions_used, d.max_seo_submissions_per_month)
        ) as q (quota_type, used, max_value)
        where q.used > 0
    )
    update public.subscription as s
    set
        syncs_used = 0,
        ai_analyses_used = 0,
        seo_submissions_used = 0,
        cycle_start_date = d.starts_at,
        cycle_end_date = d.ends_at,
        cycle_number = s.cycle_number + 1,
        next_billing_date = case when d.is_paid then d.ends_at else s.next_billing_date end,
        -- a short month must not move the day of those after it
        billing_cycle_anchor = case
            when d.is_paid then coalesce(s.billing_cycle_anchor, s.cycle_start_date)
            else s.billing_cycle_anchor
        end
    from due as d
    where s.user_id = d.user_id;
    get diagnostics v_moved = row_count;
    return v_moved;
end;
$$;

-- Moves on the cycles that are over, as many as fit a run, the oldest first; returns how many. It
-- does no harm late, twice or at once; a change of a quota does the same for its user first.
create or replace function internal.reset_quotas()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_ids uuid[];
begin
    select pg_catalog.array_agg(d.user_id) into v_user_ids
    from (
        select s.user_id
        from public.subscription as s
        where s.cycle_end_date <= now()
        order by s.cycle_end_date
        limit 10000
        for no key update skip locked
    ) as d;
    return internal.move_quota_cycles_on(v_user_ids);
end;
$$;

-- Takes the lock under which a user's counters are read and changed, in the cycle that runs now.
create or replace function internal.lock_quotas(p_user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
    perform from public.subscription as s where s.user_id = p_user_id for no key update;
    perform internal.move_quota_cycles_on(array[s.user_id])
    from public.subscription as s
    where s.user_id = p_user_id and s.cycle_end_date <= now();
end;
$$;

-- The one place where a counter changes: up by the amount or, when it is negative, down as far as
-- there is; returns how far. The row's lock comes first, so that of any number at once none passes
-- the limit; what would is refused with PT403.
create or replace function internal.change_quota(
    p_user_id uuid,
    p_quota_type text,
    p_amount integer,
    p_operation text,
    p_reason text default null,
    p_related_entity_type text default null,
    p_related_entity_id uuid default null
)
returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_used integer;
    v_max integer;
    v_change integer := p_amount;
    v_subscription public.subscription;
begin
    perform internal.lock_quotas(p_user_id);
    select q.used, q.max_value into v_used, v_max
    from internal.quota_state(p_user_id, p_quota_type) as q;
    if not found then
        perform internal.refuse(404, 'NOT_FOUND', 'There is no subscription.');
    end if;

    if v_change < 0 then
        v_change := -least(-v_change, v_used);
    elsif v_used::bigint + v_change > v_max then
        perform internal.refuse(
            403, 'QUOTA_EXCEEDED', 'The quota is used up.',
            (
                select pg_catalog.jsonb_build_object(
                    'quota', p_quota_type,
                    'used', v_used,
                    'limit', v_max,
                    'resets_at', case when p_quota_type <> 'social_account' then
                        pg_catalog.to_char(
                            s.cycle_end_date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
                        )
                    end
                )
                from public.subscription as s
                where s.user_id = p_user_id
            )
        );
    end if;
    if v_change = 0 then
        return 0;
    end if;

    update public.subscription as s
    set
        syncs_used = s.syncs_used + case when p_quota_type = 'sync' then v_change else 0 end,
        ai_analyses_used = s.ai_analyses_used
        + case when p_quota_type = 'ai_analysis' then v_change else 0 end,
        seo_submissions_used = s.seo_submissions_used
        + case when p_quota_type = 'seo_submission' then v_change else 0 end,
        social_accounts_used = s.social_accounts_used
        + case when p_quota_type = 'social_account' then v_change else 0 end
    where s.user_id = p_user_id
    returning s.* into v_subscription;

    insert into public.quota_usage_history (
        user_id, quota_type, operation, amount, current_value, max_value, related_entity_type,
        related_entity_id, reason, billing_cycle_start, billing_cycle_end
    ) values (
        p_user_id, p_quota_type, p_operation, abs(v_change), v_used + v_change, v_max,
        p_related_entity_type, p_related_entity_id, p_reason, v_subscription.cycle_start_date,
        v_subscription.cycle_end_date
    );
    return abs(v_change);
end;
$$;

-- Adds to what a user has used; PT403 when it would pass the limit.
create or replace function public.increment_quota(
    p_user_id uuid,
    p_quota_type text,
    p_amount integer default 1,
    p_related_entity_type text default null,
    p_related_entity_id uuid default null
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform internal.require_self(p_user_id);
    if p_amount is null or p_amount < 1 then
        raise exception 'the amount must be 1 or more' using errcode = '22023';
    end if;
    perform internal.change_quota(
        p_user_id, p_quota_type, p_amount, 'increment', null, p_related_entity_type,
        p_related_entity_id
    );
end;
$$;

-- Gives units back, down to none used.
create or replace function public.decrement_quota(
    p_user_id uuid,
    p_quota_type text,
    p_amount integer default 1,
    p_reason text default null
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform internal.require_self(p_user_id);
    if p_amount is null or p_amount < 1 then
        raise exception 'the amount must be 1 or more' using errcode = '22023';
    end if;
    perform internal.change_quota(p_user_id, p_quota_type, -p_amount, 'decrement', p_reason);
end;
$$;

--
-- Quotas for work in flight, for Core
--

-- Charges the caller one unit until the lease ends; PT403 when there is none left.
create or replace function internal.reserve_quota(p_quota_type text, p_lease interval)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_id uuid := extensions.uuid_generate_v7();
begin
    if p_lease is null or p_lease <= interval '0' or p_lease > interval '1 day' then
        raise exception 'a lease lasts longer than nothing and a day at most'
            using errcode = '22023';
    end if;
    perform internal.change_quota(
        v_user_id, p_quota_type, 1, 'reserve', null, 'quota_reservation', v_id
    );
    insert into internal.quota_reservation (
        id, user_id, quota_type, cycle_number, lease_until
    )
    select v_id, s.user_id, p_quota_type, s.cycle_number, clock_timestamp() + p_lease
    from public.subscription as s
    where s.user_id = v_user_id;
    return v_id;
end;
$$;

-- Keeps what was charged, in the transaction that writes the result; PT409 when the unit has gone
-- back already, since the work took longer than the lease.
create or replace function internal.settle_quota(p_reservation uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
begin
    delete from internal.quota_reservation as r
    where r.id = p_reservation and r.user_id = v_user_id;
    if not found then
        perform internal.refuse(
            409, 'CONFLICT', 'The work took too long: its quota was given back and nothing saved.'
        );
    end if;
end;
$$;

-- Gives back what a reservation charged, whose row the caller has just deleted. A counter that has
-- begun anew since does not hold it any more.
create or replace function internal.give_quota_back(
    p_reservation internal.quota_reservation,
    p_reason text
)
returns void
language plpgsql
set search_path = ''
as $$
begin
    perform internal.lock_quotas(p_reservation.user_id);
    if p_reservation.quota_type = 'social_account'
        or exists (
            select from public.subscription as s
            where s.user_id = p_reservation.user_id
                and s.cycle_number = p_reservation.cycle_number
        )
    then
        perform internal.change_quota(
            p_reservation.user_id, p_reservation.quota_type, -1, 'release', p_reason,
            'quota_reservation', p_reservation.id
        );
    end if;
end;
$$;

-- Gives the caller's unit back; false when the reservation is gone.
create or replace function internal.release_quota(p_reservation uuid, p_reason text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_reservation internal.quota_reservation;
begin
    -- the counters' row first, as whatever else changes both
    perform internal.lock_quotas(v_user_id);
    delete from internal.quota_reservation as r
    where r.id = p_reservation and r.user_id = v_user_id
    returning r.* into v_reservation;
    if not found then
        return false;
    end if;
    perform internal.give_quota_back(v_reservation, p_reason);
    return true;
end;
$$;

-- Gives back the units whose lease has ended; returns how many. Users whose counters are busy are
-- left for the next run.
create or replace function internal.release_expired_reservations()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid;
    v_reservation internal.quota_reservation;
    v_released integer := 0;
begin
    for v_user_id in
        select s.user_id
        from public.subscription as s
        where s.user_id in (
            select r.user_id
            from internal.quota_reservation as r
            where r.lease_until <= statement_timestamp()
            order by r.lease_until
            limit 5000
        )
        for no key update skip locked
    loop
        for v_reservation in
            delete from internal.quota_reservation as r
            where r.id in (
                select e.id
                from internal.quota_reservation as e
                where e.user_id = v_user_id and e.lease_until <= statement_timestamp()
                for update skip locked
            )
            returning r.*
        loop
            perform internal.give_quota_back(v_reservation, 'the lease ended');
            v_released := v_released + 1;
        end loop;
    end loop;
    return v_released;
end;
$$;

--
-- Profiles
--

-- The address for a name: the one that the user has when it is made of the same name, else the
-- first that is free. It stays free until the transaction ends for whoever asks through here.
create or replace function public.generate_profile_slug(p_display_name text, p_user_id uuid)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_base text := coalesce(internal.slugified(p_display_name), 'creator');
    v_slug text;
begin
    perform internal.require_self(p_user_id);

    select u.profile_slug into v_slug
    from public.users as u
    where
        u.id = p_user_id
        and (
            u.profile_slug = v_base
            or u.profile_slug ~ ('^' || v_base || '-[0-9]+$')
        )
        and not exists (
            select from internal.reserved_slug as r where r.slug = u.profile_slug
        );
    if found then
        return v_slug;
    end if;

    -- whoever may arrive at the same address waits: `ann-2` is also what `Ann` may become
    perform pg_catalog.pg_advisory_xact_lock(
        pg_catalog.hashtextextended(pg_catalog.regexp_replace(v_base, '(-[0-9]+)+$', ''), 7)
    );
    -- the name alone, 2 to 9 in order, then a few numbers of each further length by chance
    for v_digits in 0 .. 9 loop
        select c.slug into v_slug
        from (
            select
                n.place,
                case when v_digits = 0 then v_base else v_base || '-' || case
                    when v_digits = 1 then n.place + 1
                    else (10 ^ (v_digits - 1) * (1 + 9 * pg_catalog.random()))::bigint
                end end as slug
            from pg_catalog.generate_series(
                1, case v_digits when 0 then 1 when 1 then 8 else 20 end
            ) as n (place)
        ) as c
        where
            not exists (select from internal.reserved_slug as r where r.slug = c.slug)
            and not exists (
                select from public.users as u
                where u.profile_slug = c.slug and u.id <> p_user_id
            )
        order by c.place
        limit 1;
        if found then
            return v_slug;
        end if;
    end loop;
    raise exception 'no address is free for this name' using errcode = '54000';
end;
$$;

-- Completes the caller's profile and gives it its address. Saved again, it keeps what is left out,
-- clears what is empty, keeps the address under the same name, and the day of the first time.
create or replace function internal.complete_profile(
    p_display_name text,
    p_bio text default null,
    p_category text default null,
    p_avatar_url text default null,
    p_website_url text default null
)
returns table (user_id uuid, display_name text, profile_slug text, is_public boolean)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_name text := pg_catalog.regexp_replace(
        p_display_name, '^[[:space:]]+|[[:space:]]+$', '', 'g'
    );
    v_problems jsonb;
begin
    select pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('field', p.field, 'message', p.message) order by p.place
    ) into v_problems
    from (values
        (
            1, 'display_name', 'must hold 1 to 100 characters in one line',
            coalesce(pg_catalog.char_length(v_name), 0) not between 1 and 100
            or v_name ~ '[[:cntrl:]]'
        ),
        (2, 'bio', 'must hold 1000 characters at most', pg_catalog.char_length(p_bio) > 1000),
        (
            3, 'category', 'is not a category',
            p_category is not null and not exists (
                select from public.content_category as c
                where c.code = p_category and c.is_active
            )
        ),
        (
            4, 'avatar_url', 'must be an https address',
            nullif(p_avatar_url, '') !~ '^https://[^[:space:][:cntrl:]]+$'
            or pg_catalog.char_length(p_avatar_url) > 2048
        ),
        (
            5, 'website_url', 'must be an https address',
            nullif(p_website_url, '') !~ '^https://[^[:space:][:cntrl:]]+$'
            or pg_catalog.char_length(p_website_url) > 2048
        )
    ) as p (place, field, message, is_wrong)
    where p.is_wrong;
    if v_problems is not null then
        perform internal.refuse(
            422, 'VALIDATION_FAILED', 'Some fields are not valid.', v_problems
        );
    end if;

    perform from public.users as u where u.id = v_user_id for no key update;
    if not found then
        perform internal.refuse(404, 'NOT_FOUND', 'There is no such user.');
    end if;

    return query
    update public.users as u
    set
        display_name = v_name,
        bio = case when p_bio is null then u.bio else nullif(p_bio, '') end,
        primary_category = coalesce(p_category, u.primary_category),
        avatar_url = case
            when p_avatar_url is null then u.avatar_url else nullif(p_avatar_url, '')
        end,
        website_url = case
            when p_website_url is null then u.website_url else nullif(p_website_url, '')
        end,
        profile_slug = public.generate_profile_slug(v_name, v_user_id),
        is_onboarded = true,
        onboarded_at = coalesce(u.onboarded_at, now())
    where u.id = v_user_id
    returning u.id, u.display_name, u.profile_slug, u.is_public;
end;
$$;

--
-- Housekeeping, for pg_cron
--

-- Drops notifications that have expired or are 90 days old; returns how many.
create or replace function internal.prune_notifications()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_pruned integer;
begin
    delete from public.notification as n
    where n.id in (
        select o.id
        from public.notification as o
        where o.created_at < now() - interval '90 days' or o.expires_at < now()
        limit 50000
    );
    get diagnostics v_pruned = row_count;
    return v_pruned;
end;
$$;

-- Drops what has expired from the cache; returns how much.
create or replace function internal.prune_cache()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_pruned integer;
begin
    delete from public.cache_store as c
    where c.key in (
        select o.key from public.cache_store as o where o.expires_at < now() limit 50000
    );
    get diagnostics v_pruned = row_count;
    return v_pruned;
end;
$$;

--
-- Triggers
--

-- What a new account begins with, in the transaction that makes it. The account's own words are
-- taken where they are fit to be shown; nothing in them can fail the sign-up.
create or replace function internal.handle_new_user()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_name text := pg_catalog.left(pg_catalog.btrim(pg_catalog.regexp_replace(
        coalesce(
            new.raw_user_meta_data ->> 'display_name',
            new.raw_user_meta_data ->> 'full_name',
            new.raw_user_meta_data ->> 'name'
        ),
        '[[:space:][:cntrl:]]+', ' ', 'g'
    )), 100);
    v_avatar_url text := new.raw_user_meta_data ->> 'avatar_url';
begin
    insert into public.users (id, display_name, avatar_url) values (
        new.id,
        case when v_name ~ '[^[:space:]]' then v_name end,
        case
            when
                v_avatar_url ~ '^https://[^[:space:][:cntrl:]]+$'
                and pg_catalog.char_length(v_avatar_url) <= 2048
                then v_avatar_url
        end
    );
    insert into public.user_setting (user_id) values (new.id);
    insert into public.user_role (user_id, role) values (new.id, 'user');
    insert into public.subscription (user_id, tier_id, status_id, cycle_start_date, cycle_end_date)
    select new.id, t.id, st.id, c.starts_at, c.ends_at
    from public.subscription_tier as t
    cross join public.subscription_status as st
    cross join internal.quota_cycle(null, false, now()) as c
    where t.slug = 'free' and st.slug = 'active';
    if not found then
        raise exception 'the free tier is missing';
    end if;
    return new;
end;
$$;

-- When a notification was read follows from that it was.
create or replace function internal.keep_read_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.read_at := case when new.is_read then coalesce(new.read_at, now()) end;
    return new;
end;
$$;

-- Leaves an entry in the audit log when a role is given or taken, and when a subscription's tier or
-- status changes.
create or replace function internal.audit_access()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_old jsonb := case when tg_op <> 'INSERT' then pg_catalog.to_jsonb(old) end;
    v_new jsonb := case when tg_op <> 'DELETE' then pg_catalog.to_jsonb(new) end;
begin
    insert into public.audit_log (user_id, action, entity_type, entity_id, old_values, new_values)
    values (
        -- null for the backend's own doing, and for users who are on their way out
        (select u.id from public.users as u where u.id = auth.uid()),
        pg_catalog.lower(tg_op),
        tg_table_name,
        (coalesce(v_new, v_old) ->> 'user_id')::uuid,
        (
            select pg_catalog.jsonb_object_agg(k.key, v_old -> k.key)
            from pg_catalog.unnest(tg_argv) as k (key)
            where v_old is not null
        ),
        (
            select pg_catalog.jsonb_object_agg(k.key, v_new -> k.key)
            from pg_catalog.unnest(tg_argv) as k (key)
            where v_new is not null
        )
    );
    return null;
end;
$$;

create or replace trigger handle_new_user after insert on auth.users
for each row execute function internal.handle_new_user();

create or replace trigger keep_read_at before insert or update of is_read on public.notification
for each row execute function internal.keep_read_at();

create or replace trigger audit_access after insert or update or delete on public.user_role
for each row execute function internal.audit_access('role', 'granted_by');

create or replace trigger audit_access after update of tier_id, status_id on public.subscription
for each row
when (old.tier_id <> new.tier_id or old.status_id <> new.status_id)
execute function internal.audit_access('tier_id', 'status_id');

do $$
declare
    v_table text;
begin
    foreach v_table in array array[
        'content_category', 'users', 'user_setting', 'subscription_tier', 'subscription_status',
        'subscription', 'notification', 'cache_store'
    ] loop
        execute pg_catalog.format(
            'create or replace trigger update_updated_at before update on public.%I '
            'for each row when (old.* is distinct from new.*) '
            'execute function internal.update_updated_at()',
            v_table
        );
    end loop;
end;
$$;

--
-- Who may do what: nothing that is not said here
--

revoke execute on all functions in schema public, internal from public;
revoke all on table
public.content_category,
public.users,
public.user_role,
public.user_setting,
public.subscription_tier,
public.subscription_status,
public.subscription,
public.notification,
public.audit_log,
public.quota_usage_history,
public.cache_store,
internal.quota_reservation
from public, anon, authenticated, service_role;

alter table public.users enable row level security;
alter table public.user_role enable row level security;
alter table public.user_setting enable row level security;
alter table public.subscription enable row level security;
alter table public.notification enable row level security;
alter table public.audit_log enable row level security;
alter table public.quota_usage_history enable row level security;
alter table public.cache_store enable row level security;
alter table internal.quota_reservation enable row level security;

drop policy if exists users_select_own on public.users;
create policy users_select_own on public.users
for select to authenticated using (id = (select auth.uid()));

drop policy if exists users_update_own on public.users;
create policy users_update_own on public.users
for update to authenticated using (id = (select auth.uid()))
with check (id = (select auth.uid()));

drop policy if exists user_role_select_own on public.user_role;
create policy user_role_select_own on public.user_role
for select to authenticated using (user_id = (select auth.uid()));

drop policy if exists user_setting_select_own on public.user_setting;
create policy user_setting_select_own on public.user_setting
for select to authenticated using (user_id = (select auth.uid()));

drop policy if exists user_setting_insert_own on public.user_setting;
create policy user_setting_insert_own on public.user_setting
for insert to authenticated with check (user_id = (select auth.uid()));

drop policy if exists user_setting_update_own on public.user_setting;
create policy user_setting_update_own on public.user_setting
for update to authenticated using (user_id = (select auth.uid()))
with check (user_id = (select auth.uid()));

drop policy if exists subscription_select_own on public.subscription;
create policy subscription_select_own on public.subscription
for select to authenticated using (user_id = (select auth.uid()));

drop policy if exists notification_select_own on public.notification;
create policy notification_select_own on public.notification
for select to authenticated using (user_id = (select auth.uid()));

drop policy if exists notification_update_own on public.notification;
create policy notification_update_own on public.notification
for update to authenticated using (user_id = (select auth.uid()))
with check (user_id = (select auth.uid()));

drop policy if exists notification_delete_own on public.notification;
create policy notification_delete_own on public.notification
for delete to authenticated using (user_id = (select auth.uid()));

drop policy if exists quota_usage_history_select_own on public.quota_usage_history;
create policy quota_usage_history_select_own on public.quota_usage_history
for select to authenticated using (user_id = (select auth.uid()));

drop policy if exists audit_log_select_admin on public.audit_log;
create policy audit_log_select_admin on public.audit_log
for select to authenticated using ((select public.has_role('admin')));

grant select on table
public.content_category,
public.subscription_tier,
public.subscription_status
to anon, authenticated;

grant select on table
public.users,
public.user_role,
public.user_setting,
public.subscription,
public.notification,
public.audit_log,
public.quota_usage_history
to authenticated;

grant update (
    display_name,
    bio,
    avatar_url,
    website_url,
    timezone,
    language,
    primary_category,
    is_public,
    seo_title,
    seo_description
) on table public.users to authenticated;

grant insert (
    user_id,
    is_email_notifications_enabled,
    is_push_notifications_enabled,
    is_weekly_digest_enabled,
    is_auto_sync_enabled,
    sync_frequency_hours,
    is_auto_ai_analysis_enabled,
    is_auto_apply_ai_suggestions_enabled,
    is_auto_seo_submission_enabled,
    is_analytics_enabled
), update (
    is_email_notifications_enabled,
    is_push_notifications_enabled,
    is_weekly_digest_enabled,
    is_auto_sync_enabled,
    sync_frequency_hours,
    is_auto_ai_analysis_enabled,
    is_auto_apply_ai_suggestions_enabled,
    is_auto_seo_submission_enabled,
    is_analytics_enabled
) on table public.user_setting to authenticated;

grant update (is_read), delete on table public.notification to authenticated;

grant select, insert, update, delete on table
public.content_category,
public.users,
public.user_role,
public.user_setting,
public.subscription_tier,
public.subscription_status,
public.subscription,
public.notification,
public.cache_store
to service_role;

grant select, insert on table public.audit_log, public.quota_usage_history to service_role;

grant execute on function
public.check_quota(uuid, text),
public.has_role(uuid, public.app_role_enum),
public.has_role(public.app_role_enum)
to authenticated, service_role;

grant execute on function
public.increment_quota(uuid, text, integer, text, uuid),
public.decrement_quota(uuid, text, integer, text),
public.generate_profile_slug(text, uuid)
to service_role;

grant execute on function
internal.reserve_quota(text, interval),
internal.settle_quota(uuid),
internal.release_quota(uuid, text),
internal.complete_profile(text, text, text, text, text)
to edge_user;

grant execute on function
internal.release_expired_reservations(),
internal.reset_quotas(),
internal.prune_notifications(),
internal.prune_cache()
to service_role;

reset role;
