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
    token_expires_at timestamptz,
    -- until when the refresh credential lives; null when the platform sets no end
    refresh_expires_at timestamptz,
    platform_user_id text not null,
    platform_username text,
    platform_display_name text,
    platform_avatar_url text,
    -- whether its tokens are good for calls; an inactive one counts against no limit
    is_active boolean not null default true,
    is_verified boolean default false,
    last_verified_at timestamptz,
    last_error text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
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
    vault_secret_name text not null unique,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    created_at timestamptz not null default now()
);

create index if not exists pending_revocation_platform_idx
on internal.pending_revocation (platform);
create index if not exists pending_revocation_next_attempt_at_idx
on internal.pending_revocation (next_attempt_at);

-- What a platform asked us to delete of one of its users; kept after that, so that its confirmation
-- code can be asked about.
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

reset role;
