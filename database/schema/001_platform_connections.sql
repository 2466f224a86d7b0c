-- Module 001: the accounts that creators link. Needs 000.
--
-- A connection is what a platform granted for one of its channels; its tokens lie sealed in the
-- vault, under vault_secret_name. The account is that channel as its owner sees it: one each.

set role streamvibe_owner;

do $$
begin
    create type public.visibility_enum as enum ('public', 'private', 'unlisted');
exception
    when duplicate_object then null;
end;
$$;

do $$
begin
    create type public.action_mode_enum as enum ('auto', 'manual', 'disabled');
exception
    when duplicate_object then null;
end;
$$;

grant usage on type public.visibility_enum, public.action_mode_enum
to anon, authenticated, service_role;

--
-- Tables
--

create table if not exists public.platform (
    id uuid primary key default extensions.uuid_generate_v7(),
    slug text not null unique,
    display_name text not null,
    description text,
    website_url text,
    logo_url text,
    api_docs_url text,
    is_oauth_required boolean not null default true,
    is_active boolean not null default true,
    sort_order integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table if not exists public.account_status (
    id uuid primary key default extensions.uuid_generate_v7(),
    slug text not null unique,
    display_name text not null,
    description text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table if not exists public.platform_connection (
    id uuid primary key default extensions.uuid_generate_v7(),
    user_id uuid not null references public.users on delete cascade,
    platform_id uuid not null references public.platform,
    -- the vault's name of {access_token, refresh_token, issued_at, refresh_expires_at}
    vault_secret_name text not null unique,
    -- what was granted, not what was asked for
    scopes text [],
    -- when the access token was given; some may be refreshed only when they are a day old
    token_issued_at timestamptz not null default now(),
    token_expires_at timestamptz,
    -- until when the refresh credential lives; null when the platform sets no end
    refresh_expires_at timestamptz,
    platform_user_id text not null,
    -- what the platform calls the channel when it tells us of it, where that is another id
    platform_app_user_id text,
    platform_username text,
    platform_display_name text,
    platform_avatar_url text,
    -- whether its tokens are good for calls; an inactive one counts against no limit
    is_active boolean not null default true,
    is_verified boolean default false,
    last_verified_at timestamptz,
    -- why it is inactive, or its last refresh failed
    last_error text,
    -- when refresh-oauth-tokens last took it up
    refresh_taken_at timestamptz,
    -- when its owner last linked it: what a platform tells of the time before is of no matter
    linked_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint channel_ids_are_short_words check (platform_user_id ~ '^[!-~]{1,128}$'),
    constraint channels_are_linked_once unique (platform_id, platform_user_id)
) with (fillfactor = 80);

create index if not exists platform_connection_user_id_idx on public.platform_connection (user_id);
-- what the next refresh takes
create index if not exists platform_connection_token_expires_at_idx
on public.platform_connection (token_expires_at) where is_active;

create table if not exists public.social_account (
    id uuid primary key default extensions.uuid_generate_v7(),
    user_id uuid not null references public.users on delete cascade,
    connection_id uuid not null unique references public.platform_connection on delete cascade,
    platform_id uuid not null references public.platform,
    status_id uuid not null references public.account_status,
    account_name text not null,
    account_username text,
    account_avatar_url text,
    is_active boolean not null default true,
    account_url text,
    description text,
    follower_count bigint,
    following_count integer,
    post_count integer,
    sync_mode public.action_mode_enum default 'auto',
    last_synced_at timestamptz,
    -- when a listing was last read to its end
    last_full_sync_at timestamptz,
    last_sync_status text,
    -- why the last sync failed, in words for its owner; null after one that did not
    last_error text,
    next_sync_at timestamptz,
    visibility public.visibility_enum default 'public',
    is_primary boolean default false,
    -- when it was disconnected; linked again, it is null again
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint account_counts_are_not_negative check (
        follower_count >= 0 and following_count >= 0 and post_count >= 0
    )
) with (fillfactor = 80);

create index if not exists social_account_user_id_idx on public.social_account (user_id);
create index if not exists social_account_platform_id_idx on public.social_account (platform_id);
create index if not exists social_account_status_id_idx on public.social_account (status_id);

-- A link that somebody has begun. Only the hash of its state is kept.
create table if not exists public.oauth_state (
    id uuid primary key default extensions.uuid_generate_v7(),
    state_hash bytea not null unique,
    user_id uuid not null references public.users on delete cascade,
    platform text not null references public.platform (slug),
    -- sealed, under this row's id; null where the platform has no PKCE
    code_verifier_secret text,
    redirect_to text,
    expires_at timestamptz not null,
    used_at timestamptz,
    -- when it led to an account
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    constraint states_are_hashed_with_sha256 check (octet_length(state_hash) = 32)
);

create index if not exists oauth_state_user_id_idx on public.oauth_state (user_id);
create index if not exists oauth_state_platform_idx on public.oauth_state (platform);
create index if not exists oauth_state_expires_at_idx on public.oauth_state (expires_at);

-- Who refreshes a connection's tokens now: one over all processes.
create table if not exists internal.refresh_lease (
    connection_id uuid primary key references public.platform_connection on delete cascade,
    holder uuid not null,
    lease_until timestamptz not null
);

-- Grants that a platform has yet to be told are over. The token waits in the vault under the name.
create table if not exists internal.pending_revocation (
    id uuid primary key default extensions.uuid_generate_v7(),
    platform text not null references public.platform (slug),
    -- whose grant it is; null when they are gone
    user_id uuid references public.users on delete set null,
    -- of which channel, which outlives its connection here
    platform_user_id text not null,
    vault_secret_name text not null unique,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    created_at timestamptz not null default now()
);

create index if not exists pending_revocation_channel_idx
on internal.pending_revocation (platform, platform_user_id);
create index if not exists pending_revocation_user_id_idx
on internal.pending_revocation (user_id);
create index if not exists pending_revocation_next_attempt_at_idx
on internal.pending_revocation (next_attempt_at);

-- What a platform asked us to delete of one of its users; kept after that, so that its
-- confirmation code can be asked about.
create table if not exists internal.data_deletion (
    id uuid primary key default extensions.uuid_generate_v7(),
    code_hash bytea not null unique,
    platform text not null references public.platform (slug),
    -- null when nothing was held, and once all of it is gone
    connection_id uuid references public.platform_connection on delete set null,
    completed_at timestamptz,
    created_at timestamptz not null default now()
);

create index if not exists data_deletion_platform_idx on internal.data_deletion (platform);
create index if not exists data_deletion_connection_id_idx
on internal.data_deletion (connection_id);

--
-- Rows that come with the schema; what a team changes in them stays changed
--

insert into public.platform (
    slug, display_name, website_url, api_docs_url, is_active, sort_order
) values
(
    'youtube', 'YouTube', 'https://www.youtube.com',
    'https://developers.google.com/youtube/v3', true, 1
),
(
    'instagram', 'Instagram', 'https://www.instagram.com',
    'https://developers.facebook.com/docs/instagram-platform', true, 2
),
(
    'tiktok', 'TikTok', 'https://www.tiktok.com',
    'https://developers.tiktok.com/doc/display-api-overview', true, 3
),
('facebook', 'Facebook', 'https://www.facebook.com', null, false, 4),
('twitter', 'X (Twitter)', 'https://x.com', null, false, 5)
on conflict (slug) do nothing;

insert into public.account_status (slug, display_name, description) values
('active', 'Active', 'Linked; it can be synced.'),
('inactive', 'Inactive', 'The platform refuses its token: its owner must link it again.'),
('suspended', 'Suspended', 'Taken out of use by an operator.'),
('disconnected', 'Disconnected', 'Its owner has unlinked it.')
on conflict (slug) do nothing;

--
-- Linking, for the functions oauth-*-init and -callback
--

-- Begins a link: notes the hash of its state and when it ends, which it returns. Refused when the
-- caller's tier has no room for an account, unless one that is in use may be linked
-- again; the last word on that is complete_link's.
create or replace function internal.begin_link(
    p_platform text,
    p_id uuid,
    p_state_hash bytea,
    p_code_verifier text,
    p_redirect_to text
)
returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_used integer;
    v_max integer;
    v_expires_at timestamptz;
begin
    if not exists (
        select from public.platform as p where p.slug = p_platform and p.is_active
    ) then
        perform internal.refuse(409, 'CONFLICT', 'Accounts on this platform are not linked now.');
    end if;
    perform internal.lock_quotas(v_user_id);
    select q.used, q.max_value into v_used, v_max
    from internal.quota_state(v_user_id, 'social_account') as q;
    if not found then
        perform internal.refuse(404, 'NOT_FOUND', 'There is no subscription.');
    end if;
    if v_used >= v_max and not exists (
        select from public.platform_connection as c
        inner join public.platform as p on c.platform_id = p.id
        where c.user_id = v_user_id and c.is_active and p.slug = p_platform
    ) then
        perform internal.refuse(
            403, 'QUOTA_EXCEEDED', 'No further account can be linked in this tier.',
            pg_catalog.jsonb_build_object(
                'quota', 'social_account', 'used', v_used, 'limit', v_max, 'resets_at', null
            )
        );
    end if;
    insert into public.oauth_state (
        id, state_hash, user_id, platform, code_verifier_secret, redirect_to, expires_at
    ) values (
        p_id, p_state_hash, v_user_id, p_platform, p_code_verifier, p_redirect_to,
        now() + interval '10 minutes'
    )
    returning expires_at into v_expires_at;
    return v_expires_at;
end;
$$;

-- Where the browser goes that a platform sends back; no row for a state that nobody may use. It
-- says nothing of whose it is, and uses nothing up.
create or replace function internal.link_target(p_platform text, p_state_hash bytea)
returns table (redirect_to text)
language sql stable
security definer
set search_path = ''
as $$
    select s.redirect_to
    from public.oauth_state as s
    where s.state_hash = p_state_hash
        and s.platform = p_platform
        and s.used_at is null
        and s.expires_at > now()
$$;

-- Whether the caller may use a state. Asking uses nothing up.
create or replace function internal.is_own_state(p_platform text, p_state_hash bytea)
returns boolean
language sql stable
security definer
set search_path = ''
as $$
    select exists (
        select from public.oauth_state as s
        where s.state_hash = p_state_hash
            and s.user_id = internal.acting_user()
            and s.platform = p_platform
            and s.used_at is null
            and s.expires_at > now()
    )
$$;

-- Uses a state up, in one statement: of any number at once one gets it. A state of another user's,
-- or of another platform's, is no state, and stays what it was.
create or replace function internal.take_state(p_platform text, p_state_hash bytea)
returns table (id uuid, code_verifier text)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
begin
    return query
    update public.oauth_state as s
    set used_at = clock_timestamp()
    where s.state_hash = p_state_hash
        and s.user_id = v_user_id
        and s.platform = p_platform
        and s.used_at is null
        and s.expires_at > clock_timestamp()
    returning s.id, s.code_verifier_secret;
    if not found then
        perform internal.refuse(
            400, 'STATE_INVALID',
            'This link was not begun by you, is used up, or took longer than ten minutes.'
        );
    end if;
end;
$$;

-- The name under which the vault holds a connection's tokens.
create or replace function internal.connection_secret_name(
    p_user_id uuid,
    p_platform text,
    p_platform_user_id text
)
returns text
language sql immutable
set search_path = ''
as $$
    select pg_catalog.concat_ws('_', 'user', p_user_id, p_platform, p_platform_user_id)
$$;

-- Links the channel that a taken state has led to, or links it again: the connection, its account
-- and its tokens in one transaction. The user's counters are locked first, so that of any number at
-- once none passes the limit (the trigger count_connection refuses).
create or replace function internal.complete_link(
    p_state_id uuid,
    p_profile jsonb,
    p_scopes text [],
    p_token_issued_at timestamptz,
    p_token_expires_at timestamptz,
    p_refresh_expires_at timestamptz,
    p_secret_id uuid,
    p_sealed text
)
returns table (
    social_account_id uuid,
    connection_id uuid,
    is_new boolean,
    account_name text,
    account_username text,
    account_avatar_url text,
    account_url text,
    follower_count bigint,
    is_primary boolean
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
    v_user_id uuid := internal.acting_user();
    v_platform public.platform;
    v_channel text := p_profile ->> 'id';
    v_connection public.platform_connection;
    v_account public.social_account;
    v_name text;
begin
    perform internal.lock_quotas(v_user_id);
    update public.oauth_state as s
    set completed_at = clock_timestamp()
    where s.id = p_state_id
        and s.user_id = v_user_id
        and s.used_at is not null
        and s.completed_at is null;
    if not found then
        perform internal.refuse(400, 'STATE_INVALID', 'This link was not begun by you.');
    end if;
    select p.* into strict v_platform
    from public.oauth_state as s
    inner join public.platform as p on s.platform = p.slug
    where s.id = p_state_id;
    v_name := internal.connection_secret_name(v_user_id, v_platform.slug, v_channel);

    perform internal.free_channel(v_platform.id, v_channel, v_user_id);
    insert into public.platform_connection as c (
        user_id, platform_id, vault_secret_name, scopes, token_issued_at, token_expires_at,
        refresh_expires_at, platform_user_id, platform_app_user_id, platform_username,
        platform_display_name, platform_avatar_url, is_verified, last_verified_at, linked_at
    ) values (
        v_user_id, v_platform.id, v_name, p_scopes, p_token_issued_at, p_token_expires_at,
        p_refresh_expires_at, v_channel, p_profile ->> 'app_user_id', p_profile ->> 'username',
        p_profile ->> 'display_name', p_profile ->> 'avatar_url',
        coalesce((p_profile ->> 'is_verified')::boolean, false), now(), clock_timestamp()
    )
    on conflict on constraint channels_are_linked_once do update
        set
            scopes = excluded.scopes,
            token_issued_at = excluded.token_issued_at,
            token_expires_at = excluded.token_expires_at,
            refresh_expires_at = excluded.refresh_expires_at,
            platform_app_user_id = excluded.platform_app_user_id,
            platform_username = excluded.platform_username,
            platform_display_name = excluded.platform_display_name,
            platform_avatar_url = excluded.platform_avatar_url,
            is_verified = excluded.is_verified,
            last_verified_at = excluded.last_verified_at,
            linked_at = excluded.linked_at,
            is_active = true,
            last_error = null
        where c.user_id = v_user_id
    returning c.* into v_connection;
    if not found then
        perform internal.refuse(
            409, 'CONFLICT', 'This channel is linked to another account here.'
        );
    end if;
    if exists (
        select from internal.data_deletion as d
        where d.connection_id = v_connection.id and d.completed_at is null
    ) then
        perform internal.refuse(
            409, 'CONFLICT', 'What is stored of this channel is being deleted first; try later.'
        );
    end if;

    if exists (
        select from public.social_account as a
        inner join public.account_status as st on a.status_id = st.id
        where a.connection_id = v_connection.id and st.slug = 'suspended'
    ) then
        perform internal.refuse(403, 'FORBIDDEN', 'This account is taken out of use.');
    end if;

    insert into public.social_account as a (
        user_id, connection_id, platform_id, status_id, account_name, account_username,
        account_avatar_url, account_url, description, follower_count, following_count, post_count,
        is_primary
    )
    select
        v_user_id, v_connection.id, v_platform.id, st.id,
        coalesce(
            nullif(p_profile ->> 'display_name', ''), nullif(p_profile ->> 'username', ''),
            v_platform.display_name
        ),
        p_profile ->> 'username', p_profile ->> 'avatar_url', p_profile ->> 'url',
        p_profile ->> 'description', (p_profile ->> 'follower_count')::bigint,
        (p_profile ->> 'following_count')::integer, (p_profile ->> 'post_count')::integer,
        not exists (
            select from public.social_account as o
            where o.user_id = v_user_id and o.deleted_at is null
        )
    from public.account_status as st
    where st.slug = 'active'
    on conflict on constraint social_account_connection_id_key do update
        set
            status_id = excluded.status_id,
            account_name = excluded.account_name,
            account_username = excluded.account_username,
            account_avatar_url = excluded.account_avatar_url,
            account_url = excluded.account_url,
            description = excluded.description,
            follower_count = excluded.follower_count,
            following_count = excluded.following_count,
            post_count = excluded.post_count,
            is_active = true,
            last_error = null,
            deleted_at = null
    returning a.* into v_account;

    -- at some platforms the end of an old grant is that of the new one
    perform internal.drop_revocations(v_platform.slug, v_channel);
    perform vault.put_sealed(
        p_secret_id, v_name, p_sealed, 'tokens of an account on ' || v_platform.display_name
    );
    -- whoever refreshes the tokens of before must not store theirs over these
    delete from internal.refresh_lease as l where l.connection_id = v_connection.id;

    insert into public.audit_log (user_id, action, entity_type, entity_id, new_values)
    values (
        v_user_id, 'link', 'social_account', v_account.id,
        pg_catalog.jsonb_build_object(
            'platform', v_platform.slug, 'platform_user_id', v_channel, 'scopes', p_scopes
        )
    );

    social_account_id := v_account.id;
    connection_id := v_connection.id;
    is_new := v_account.created_at = now();
    account_name := v_account.account_name;
    account_username := v_account.account_username;
    account_avatar_url := v_account.account_avatar_url;
    account_url := v_account.account_url;
    follower_count := v_account.follower_count;
    is_primary := v_account.is_primary;
    return next;
end;
$$;

-- Lets a channel go that another user has unlinked and of which nothing is stored any more; what
-- still holds content, or was taken out of use by an operator, stays that user's.
create or replace function internal.free_channel(
    p_platform_id uuid,
    p_channel text,
    p_user_id uuid
)
returns void
language plpgsql
set search_path = ''
as $$
begin
    delete from public.platform_connection as c
    using public.social_account as a, public.account_status as st
    where c.platform_id = p_platform_id
        and c.platform_user_id = p_channel
        and c.user_id <> p_user_id
        and not c.is_active
        and a.connection_id = c.id
        and a.deleted_at is not null
        and a.status_id = st.id
        and st.slug <> 'suspended';
exception
    when foreign_key_violation then null;
end;
$$;

--
-- Accounts and their tokens
--

-- An account of the caller's on the platform, ready to be called for; without an id, the only one.
-- The service role names one of anybody's.
create or replace function internal.linked_account(
    p_platform text,
    p_social_account_id uuid default null
)
returns table (
    social_account_id uuid,
    connection_id uuid,
    user_id uuid,
    platform text,
    platform_user_id text,
    platform_username text,
    scopes text [],
    token_expires_at timestamptz
)
language plpgsql stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
    v_user_id uuid := auth.uid();
    v_found bigint;
    v_is_active boolean;
    v_status text;
begin
    if p_social_account_id is null or not internal.is_service() then
        v_user_id := internal.acting_user();
    end if;
    select count(*), pg_catalog.min(a.id::text)::uuid into v_found, social_account_id
    from public.social_account as a
    inner join public.platform as p on a.platform_id = p.id
    where p.slug = p_platform
        and a.deleted_at is null
        and (p_social_account_id is null or a.id = p_social_account_id)
        and (v_user_id is null or a.user_id = v_user_id);
    if v_found = 0 then
        perform internal.refuse(404, 'NOT_FOUND', 'There is no such account on this platform.');
    elsif v_found > 1 then
        perform internal.refuse(
            422, 'VALIDATION_FAILED', 'There are several accounts on this platform.',
            '[{"field": "social_account_id", "message": "is required: there are several"}]'
        );
    end if;

    select
        c.id, c.user_id, c.platform_user_id, c.platform_username, coalesce(c.scopes, '{}'),
        c.token_expires_at, c.is_active, st.slug
    into
        connection_id, user_id, platform_user_id, platform_username, scopes, token_expires_at,
        v_is_active, v_status
    from public.social_account as a
    inner join public.platform_connection as c on a.connection_id = c.id
    inner join public.account_status as st on a.status_id = st.id
    where a.id = social_account_id;
    platform := p_platform;
    if v_status = 'suspended' then
        perform internal.refuse(403, 'FORBIDDEN', 'This account is taken out of use.');
    elsif not v_is_active then
        perform internal.refuse(
            409, 'REAUTH_REQUIRED', 'This account has to be linked again.',
            pg_catalog.jsonb_build_object(
                'platform', p_platform,
                'relink', 'POST /functions/v1/oauth-' || p_platform || '-init'
            )
        );
    end if;
    return next;
end;
$$;

-- A connection that the caller may use: the own one, or any for the backend itself.
create or replace function internal.own_connection(p_connection_id uuid)
returns public.platform_connection
language plpgsql
set search_path = ''
as $$
declare
    v_connection public.platform_connection;
begin
    select c.* into v_connection
    from public.platform_connection as c
    where c.id = p_connection_id and (c.user_id = auth.uid() or internal.is_service());
    if not found then
        perform internal.refuse(404, 'NOT_FOUND', 'There is no such connection.');
    end if;
    return v_connection;
end;
$$;

-- The sealed tokens of a connection. No row when there are none any more.
create or replace function internal.connection_secret(p_connection_id uuid, p_purpose text)
returns table (id uuid, name text, sealed text)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_connection public.platform_connection := internal.own_connection(p_connection_id);
begin
    return query
    select t.id, t.name, t.sealed
    from vault.take_sealed(v_connection.vault_secret_name, p_purpose) as t;
end;
$$;

-- Asks to refresh a connection's tokens: one at a time may, over all processes, until the lease
-- ends. Whoever may not gets the sealed tokens all the same, to see whether they are new meanwhile.
-- No transaction lasts while the platform is called. No row when there are no tokens.
create or replace function internal.begin_refresh(
    p_connection_id uuid,
    p_holder uuid,
    p_lease interval
)
returns table (is_mine boolean, id uuid, name text, sealed text)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_connection public.platform_connection := internal.own_connection(p_connection_id);
begin
    insert into internal.refresh_lease as l (connection_id, holder, lease_until)
    values (p_connection_id, p_holder, clock_timestamp() + p_lease)
    on conflict (connection_id) do update
        set holder = excluded.holder, lease_until = excluded.lease_until
        where l.lease_until <= clock_timestamp() or l.holder = excluded.holder;
    is_mine := found;
    -- read under the lease: what the one before has stored is seen
    select t.id, t.name, t.sealed into id, name, sealed
    from vault.take_sealed(v_connection.vault_secret_name, 'refresh') as t;
    if not found then
        delete from internal.refresh_lease as l
        where l.connection_id = p_connection_id and l.holder = p_holder;
        return;
    end if;
    return next;
end;
$$;

-- Stores new tokens, for the holder of the lease alone, whose lease it ends. False when the lease
-- is somebody else's, or the account was linked anew or unlinked since: then nothing is stored.
create or replace function internal.finish_refresh(
    p_connection_id uuid,
    p_holder uuid,
    p_secret_id uuid,
    p_sealed text,
    p_token_issued_at timestamptz,
    p_token_expires_at timestamptz,
    p_refresh_expires_at timestamptz,
    p_scopes text []
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_connection public.platform_connection := internal.own_connection(p_connection_id);
begin
    delete from internal.refresh_lease as l
    where l.connection_id = p_connection_id and l.holder = p_holder;
    if not found then
        return false;
    end if;
    update public.platform_connection as c
    set
        token_issued_at = p_token_issued_at,
        token_expires_at = p_token_expires_at,
        refresh_expires_at = p_refresh_expires_at,
        scopes = coalesce(p_scopes, c.scopes),
        last_verified_at = now(),
        last_error = null
    where c.id = p_connection_id and c.is_active;
    if not found then
        return false;
    end if;
    perform vault.put_sealed(p_secret_id, v_connection.vault_secret_name, p_sealed);
    return true;
end;
$$;

-- Ends the holder's lease without new tokens, with the reason if it is worth keeping.
create or replace function internal.release_refresh(
    p_connection_id uuid,
    p_holder uuid,
    p_error text default null
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform internal.own_connection(p_connection_id);
    delete from internal.refresh_lease as l
    where l.connection_id = p_connection_id and l.holder = p_holder;
    if found and p_error is not null then
        update public.platform_connection as c
        set last_error = p_error
        where c.id = p_connection_id;
    end if;
end;
$$;

-- The status that an account is given; one that an operator has taken out of use stays that.
create or replace function internal.account_status(p_current uuid, p_status text)
returns uuid
language sql stable
set search_path = ''
as $$
    select s.id
    from public.account_status as s
    where s.slug = p_status or (s.slug = 'suspended' and s.id = p_current)
    order by s.slug <> 'suspended'
    limit 1
$$;

-- Takes a connection out of use: its tokens are forgotten, its account no longer counts, and its
-- owner is told if it was in use. Returns whether it was.
create or replace function internal.end_connection(
    p_connection_id uuid,
    p_status text,
    p_error text,
    p_title text
)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
    v_connection public.platform_connection;
    v_account public.social_account;
begin
    select c.* into v_connection from public.platform_connection as c where c.id = p_connection_id;
    -- the counters' row first, as whatever else changes both
    perform internal.lock_quotas(v_connection.user_id);
    update public.platform_connection as c
    set is_active = false, last_error = p_error
    where c.id = p_connection_id and c.is_active;
    if not found then
        return false;
    end if;
    delete from internal.refresh_lease as l where l.connection_id = p_connection_id;
    perform vault.forget(v_connection.vault_secret_name);
    update public.social_account as a
    set
        is_active = false,
        status_id = internal.account_status(a.status_id, p_status),
        next_sync_at = null,
        deleted_at = case when p_status = 'disconnected' then now() else a.deleted_at end
    where a.connection_id = p_connection_id
    returning a.* into v_account;

    insert into public.audit_log (user_id, action, entity_type, entity_id, new_values)
    values (
        v_connection.user_id, 'unlink', 'social_account', v_account.id,
        pg_catalog.jsonb_build_object('status', p_status, 'reason', p_error)
    );
    if p_title is not null then
        insert into public.notification (
            user_id, type, title, message, metadata, related_entity_type, related_entity_id
        )
        select
            v_connection.user_id, 'warning', pg_catalog.format(p_title, p.display_name),
            pg_catalog.format('%s: %s', v_account.account_name, p_error),
            pg_catalog.jsonb_build_object('platform', p.slug, 'status', p_status),
            'social_account', v_account.id
        from public.platform as p
        where p.id = v_connection.platform_id;
    end if;
    return true;
end;
$$;

-- After the platform has said that its tokens are dead, or do not allow what is needed: the owner
-- must link the account again. `p_secret_id` names the tokens that were refused; when others are
-- there by now, nothing happens and the answer is false.
create or replace function internal.require_relink(
    p_connection_id uuid,
    p_secret_id uuid,
    p_error text
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_connection public.platform_connection := internal.own_connection(p_connection_id);
begin
    perform internal.lock_quotas(v_connection.user_id);
    if not exists (
        select from vault.secrets as s
        where s.id = p_secret_id and s.name = v_connection.vault_secret_name
    ) then
        return false;
    end if;
    return internal.end_connection(
        p_connection_id, 'inactive', p_error, 'Link your %s account again'
    );
end;
$$;

--
-- The end of a link
--

-- Has a connection's grant ended at the platform with what `p_sealed` holds, and with nothing else.
create or replace function internal.plan_revocation(
    p_connection_id uuid,
    p_revocation_id uuid,
    p_secret_id uuid,
    p_sealed text
)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_connection public.platform_connection;
    v_platform text;
    v_name text := 'revoke_' || p_revocation_id;
begin
    select c.* into strict v_connection
    from public.platform_connection as c
    where c.id = p_connection_id;
    select p.slug into strict v_platform
    from public.platform as p
    where p.id = v_connection.platform_id;
    perform internal.drop_revocations(v_platform, v_connection.platform_user_id);
    perform vault.put_sealed(p_secret_id, v_name, p_sealed, 'a grant to be ended');
    insert into internal.pending_revocation (
        id, platform, user_id, platform_user_id, vault_secret_name, next_attempt_at
    ) values (
        p_revocation_id, v_platform, v_connection.user_id, v_connection.platform_user_id, v_name,
        now() + interval '2 minutes'
    );
end;
$$;

-- After a refresh that gave new tokens for an account that was unlinked meanwhile: they end its
-- grant, since those of before may be worth nothing by now. False when it is linked anew.
create or replace function internal.revoke_unlinked(
    p_connection_id uuid,
    p_revocation_id uuid,
    p_secret_id uuid,
    p_sealed text
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_connection public.platform_connection := internal.own_connection(p_connection_id);
begin
    perform internal.lock_quotas(v_connection.user_id);
    if not exists (
        select from public.social_account as a
        where a.connection_id = p_connection_id and a.deleted_at is not null
    ) then
        return false;
    end if;
    perform internal.plan_revocation(p_connection_id, p_revocation_id, p_secret_id, p_sealed);
    return true;
end;
$$;

-- Unlinks an account of the caller's at once; what is stored of it stays, hidden. Its grant is yet
-- to be ended at the platform with what `p_sealed` holds, when that is not null. Again, it changes
-- nothing.
create or replace function internal.disconnect_account(
    p_social_account_id uuid,
    p_revocation_id uuid,
    p_secret_id uuid,
    p_sealed text
)
returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_account public.social_account;
begin
    perform internal.lock_quotas(v_user_id);
    select a.* into v_account
    from public.social_account as a
    where a.id = p_social_account_id and a.user_id = v_user_id
    for no key update;
    if not found then
        perform internal.refuse(404, 'NOT_FOUND', 'There is no such account.');
    end if;
    if v_account.deleted_at is not null then
        return v_account.deleted_at;
    end if;
    if p_sealed is not null then
        perform internal.plan_revocation(
            v_account.connection_id, p_revocation_id, p_secret_id, p_sealed
        );
    end if;
    if not internal.end_connection(
        v_account.connection_id, 'disconnected', 'its owner has unlinked it', null
    ) then
        -- it was out of use already: it only goes
        update public.social_account as a
        set
            is_active = false,
            status_id = internal.account_status(a.status_id, 'disconnected'),
            deleted_at = now(),
            next_sync_at = null
        where a.id = v_account.id;
    end if;
    return now();
end;
$$;

-- The account's connection, whatever its state, for its owner.
create or replace function internal.account_connection(p_social_account_id uuid)
returns table (connection_id uuid, platform text)
language plpgsql stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
    v_user_id uuid := internal.acting_user();
begin
    return query
    select a.connection_id, p.slug
    from public.social_account as a
    inner join public.platform as p on a.platform_id = p.id
    where a.id = p_social_account_id and a.user_id = v_user_id;
    if not found then
        perform internal.refuse(404, 'NOT_FOUND', 'There is no such account.');
    end if;
end;
$$;

-- Stores what a revocation goes on with, before it does: its tokens were refreshed for their end.
-- False when it is over, or the channel was linked anew: then nothing more is to be ended.
create or replace function internal.renew_revocation(p_id uuid, p_secret_id uuid, p_sealed text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_name text;
begin
    select r.vault_secret_name into v_name
    from internal.pending_revocation as r
    where r.id = p_id and (r.user_id = auth.uid() or internal.is_service())
    for no key update;
    if not found then
        return false;
    end if;
    perform vault.put_sealed(p_secret_id, v_name, p_sealed, 'a grant to be ended');
    return true;
end;
$$;

-- Ends what is pending of a revocation: it was done, or there is no use in trying again.
create or replace function internal.settle_revocation(p_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_name text;
begin
    delete from internal.pending_revocation as r
    where r.id = p_id and (r.user_id = auth.uid() or internal.is_service())
    returning r.vault_secret_name into v_name;
    if found then
        perform vault.forget(v_name);
    end if;
end;
$$;

-- Gives up to end the grants that a channel had before.
create or replace function internal.drop_revocations(p_platform text, p_platform_user_id text)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_name text;
begin
    for v_name in
        delete from internal.pending_revocation as r
        where r.platform = p_platform and r.platform_user_id = p_platform_user_id
        returning r.vault_secret_name
    loop
        perform vault.forget(v_name);
    end loop;
end;
$$;

-- Revocations that are due, each put off by a wait that doubles up to a day; those that have failed
-- for about a week are given up. Their tokens come sealed.
create or replace function internal.take_revocations(p_limit integer)
returns table (revocation_id uuid, platform text, id uuid, name text, sealed text)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
    v_row internal.pending_revocation;
begin
    for v_row in
        select r.*
        from internal.pending_revocation as r
        where r.next_attempt_at <= now()
        order by r.next_attempt_at
        limit p_limit
        for no key update skip locked
    loop
        revocation_id := v_row.id;
        platform := v_row.platform;
        select t.id, t.name, t.sealed into id, name, sealed
        from vault.take_sealed(v_row.vault_secret_name, 'revoke') as t;
        if not found or v_row.attempts >= 16 then
            perform internal.settle_revocation(v_row.id);
            continue;
        end if;
        update internal.pending_revocation as r
        set
            attempts = r.attempts + 1,
            next_attempt_at = now()
            + least(interval '5 minutes' * power(2, r.attempts), interval '1 day')
        where r.id = v_row.id;
        return next;
    end loop;
end;
$$;

-- The connections of which a platform speaks, by either of the channel's ids, if they were linked
-- before what it tells of.
create or replace function internal.connections_told_of(
    p_platform text,
    p_platform_user_id text,
    p_occurred_at timestamptz
)
returns setof uuid
language sql stable
set search_path = ''
as $$
    select c.id
    from public.platform_connection as c
    inner join public.platform as p on c.platform_id = p.id
    where p.slug = p_platform
        and (
            c.platform_user_id = p_platform_user_id or c.platform_app_user_id = p_platform_user_id
        )
        -- platforms tell time in seconds
        and pg_catalog.date_trunc('second', c.linked_at) <= p_occurred_at
    order by c.user_id, c.id
$$;

-- A platform tells that its user has taken the authorisation back: the account is unlinked. The
-- function that calls has checked that it is the platform. What is told late, of the time before
-- the account was linked again, or twice, changes nothing. Returns how many were unlinked.
create or replace function internal.authorisation_removed(
    p_platform text,
    p_platform_user_id text,
    p_occurred_at timestamptz,
    p_reason text
)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_id uuid;
    v_ended integer := 0;
begin
    for v_id in
        select c from internal.connections_told_of(p_platform, p_platform_user_id, p_occurred_at) as c
    loop
        v_ended := v_ended + internal.end_connection(
            v_id, 'disconnected', p_reason, 'Your %s account was unlinked'
        )::integer;
    end loop;
    return v_ended;
end;
$$;

-- A platform asks for the deletion of what is stored of one of its users: the account is unlinked
-- at once and what is stored of it goes piece by piece (continue_data_deletion). The code's hash is
-- what its state is asked by.
create or replace function internal.request_data_deletion(
    p_platform text,
    p_platform_user_id text,
    p_occurred_at timestamptz,
    p_code_hash bytea
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_id uuid;
begin
    for v_id in
        select c from internal.connections_told_of(p_platform, p_platform_user_id, p_occurred_at) as c
    loop
        perform internal.end_connection(
            v_id, 'disconnected', 'its data was to be deleted', 'Your %s account was unlinked'
        );
        insert into internal.data_deletion (code_hash, platform, connection_id)
        values (p_code_hash, p_platform, v_id);
        return;
    end loop;
    insert into internal.data_deletion (code_hash, platform, completed_at)
    values (p_code_hash, p_platform, now());
end;
$$;

-- Deletes some of what is to be deleted; false when there is nothing left to do, or others do it.
create or replace function internal.continue_data_deletion()
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_deletion internal.data_deletion;
    v_user_id uuid;
    v_deleted integer := 0;
begin
    select d.* into v_deletion
    from internal.data_deletion as d
    where d.completed_at is null
    order by d.id
    limit 1
    for no key update skip locked;
    if not found then
        return false;
    end if;
    -- the module after this one
    if pg_catalog.to_regclass('public.content_item') is not null then
        delete from public.content_item as i
        where i.id in (
            select o.id
            from public.content_item as o
            inner join public.social_account as a on o.social_account_id = a.id
            where a.connection_id = v_deletion.connection_id
            limit 500
        );
        get diagnostics v_deleted = row_count;
    end if;
    if v_deleted = 0 then
        select c.user_id into v_user_id
        from public.platform_connection as c
        where c.id = v_deletion.connection_id;
        if found then
            perform internal.lock_quotas(v_user_id);
            delete from public.platform_connection as c where c.id = v_deletion.connection_id;
        end if;
        update internal.data_deletion as d set completed_at = now() where d.id = v_deletion.id;
    end if;
    return true;
end;
$$;

-- How far a deletion is. No row for a code that was never given.
create or replace function internal.data_deletion_state(p_code_hash bytea)
returns table (requested_at timestamptz, completed_at timestamptz)
language sql stable
security definer
set search_path = ''
as $$
    select d.created_at, d.completed_at
    from internal.data_deletion as d
    where d.code_hash = p_code_hash
$$;

--
-- Housekeeping
--

-- Takes up connections whose refresh credential would run out unused: those that were never taken
-- up before first, then those that have waited longest, so that none waits behind others that fail
-- each time. Access tokens that last for an hour or two are not among them: they are refreshed when
-- they are needed.
--
--   instagram   the token itself, from 10 days before its end on, once it is a day old
--   tiktok      the refresh token, from 30 days before its end on
--   youtube     the refresh token, which dies when it is not used for half a year
create or replace function internal.due_refreshes(p_within interval, p_limit integer)
returns table (
    social_account_id uuid,
    connection_id uuid,
    user_id uuid,
    platform text,
    platform_user_id text,
    platform_username text,
    scopes text [],
    token_expires_at timestamptz
)
language sql
security definer
set search_path = ''
as $$
    with due as (
        select c.id
        from public.platform_connection as c
        inner join public.platform as p on c.platform_id = p.id
        where c.is_active and case p.slug
            when 'instagram' then
                c.token_expires_at <= now() + greatest(p_within, interval '10 days')
                and c.token_issued_at <= now() - interval '24 hours'
            when 'tiktok' then
                c.refresh_expires_at <= now() + greatest(p_within, interval '30 days')
            when 'youtube' then c.token_issued_at <= now() - interval '150 days'
        end
        order by c.refresh_taken_at nulls first, c.token_expires_at
        limit p_limit
        for no key update of c skip locked
    )
    update public.platform_connection as c
    set refresh_taken_at = clock_timestamp()
    from due as d, public.platform as p, public.social_account as a
    where c.id = d.id and p.id = c.platform_id and a.connection_id = c.id
    returning
        a.id, c.id, c.user_id, p.slug, c.platform_user_id, c.platform_username,
        coalesce(c.scopes, '{}'), c.token_expires_at
$$;

-- Drops states that are a month old; returns how many. Until then they tell how many links
-- succeed, and how long that takes.
create or replace function internal.prune_oauth_states()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_pruned integer;
begin
    delete from public.oauth_state as s
    where s.id in (
        select o.id from public.oauth_state as o
        where o.expires_at < now() - interval '30 days' limit 50000
    );
    get diagnostics v_pruned = row_count;
    return v_pruned;
end;
$$;

--
-- Triggers
--

-- Keeps subscription.social_accounts_used: the connections of the user that are active. What would
-- pass the limit is refused, whoever asks. The user's counters are locked by then, or are now.
create or replace function internal.count_connection()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if tg_op <> 'INSERT' and old.is_active
        and (tg_op = 'DELETE' or not new.is_active or new.user_id <> old.user_id)
        -- a user who is on the way out takes the counters along
        and exists (select from public.users as u where u.id = old.user_id)
    then
        perform internal.change_quota(
            old.user_id, 'social_account', -1, 'decrement', 'a connection ended',
            'platform_connection', old.id
        );
    end if;
    if tg_op <> 'DELETE' and new.is_active
        and (tg_op = 'INSERT' or not old.is_active or new.user_id <> old.user_id)
    then
        perform internal.change_quota(
            new.user_id, 'social_account', 1, 'increment', null, 'platform_connection', new.id
        );
    end if;
    return null;
end;
$$;

create or replace trigger count_connection
after insert or update of is_active, user_id or delete on public.platform_connection
for each row execute function internal.count_connection();

-- Tokens do not outlive their connection: what is not forgotten yet, since the connection went with
-- its user, is to be revoked and forgotten by the next run of refresh-oauth-tokens.
create or replace function internal.leave_no_tokens()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if exists (select from vault.secrets as s where s.name = old.vault_secret_name) then
        insert into internal.pending_revocation (platform, platform_user_id, vault_secret_name)
        select p.slug, old.platform_user_id, old.vault_secret_name
        from public.platform as p
        where p.id = old.platform_id;
    end if;
    return null;
end;
$$;

create or replace trigger leave_no_tokens after delete on public.platform_connection
for each row execute function internal.leave_no_tokens();

do $$
declare
    v_table text;
begin
    foreach v_table in array array[
        'platform', 'account_status', 'platform_connection', 'social_account'
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
public.platform,
public.account_status,
public.platform_connection,
public.social_account,
public.oauth_state,
internal.refresh_lease,
internal.pending_revocation,
internal.data_deletion
from public, anon, authenticated, service_role;

alter table public.platform_connection enable row level security;
alter table public.social_account enable row level security;
alter table public.oauth_state enable row level security;
alter table internal.refresh_lease enable row level security;
alter table internal.pending_revocation enable row level security;
alter table internal.data_deletion enable row level security;

drop policy if exists platform_connection_select_own on public.platform_connection;
create policy platform_connection_select_own on public.platform_connection
for select to authenticated using (user_id = (select auth.uid()));

drop policy if exists social_account_own on public.social_account;
create policy social_account_own on public.social_account
for all to authenticated using (user_id = (select auth.uid()))
with check (user_id = (select auth.uid()));

grant select on table public.platform, public.account_status to anon, authenticated;
grant select on table public.platform_connection, public.social_account to authenticated;
grant update (sync_mode, is_primary, visibility) on table public.social_account to authenticated;

grant select, insert, update, delete on table
public.platform,
public.account_status,
public.platform_connection,
public.social_account,
public.oauth_state
to service_role;

grant execute on function
internal.begin_link(text, uuid, bytea, text, text),
internal.is_own_state(text, bytea),
internal.take_state(text, bytea),
internal.complete_link(
    uuid, jsonb, text [], timestamptz, timestamptz, timestamptz, uuid, text
),
internal.account_connection(uuid),
internal.disconnect_account(uuid, uuid, uuid, text)
to edge_user;

grant execute on function
internal.linked_account(text, uuid),
internal.connection_secret(uuid, text),
internal.begin_refresh(uuid, uuid, interval),
internal.finish_refresh(
    uuid, uuid, uuid, text, timestamptz, timestamptz, timestamptz, text []
),
internal.release_refresh(uuid, uuid, text),
internal.require_relink(uuid, uuid, text),
internal.revoke_unlinked(uuid, uuid, uuid, text),
internal.renew_revocation(uuid, uuid, text),
internal.settle_revocation(uuid)
to edge_user, service_role;

-- a browser that comes back, and platforms whose signature the function has checked
grant execute on function
internal.link_target(text, bytea),
internal.authorisation_removed(text, text, timestamptz, text),
internal.request_data_deletion(text, text, timestamptz, bytea),
internal.data_deletion_state(bytea)
to edge_visitor, edge_user;

grant execute on function internal.continue_data_deletion()
to edge_visitor, edge_user, service_role;

grant execute on function
internal.take_revocations(integer),
internal.due_refreshes(interval, integer),
internal.prune_oauth_states()
to service_role;

reset role;
