-- The schema `auth`: who calls, in SQL, and the table of accounts.

-- The caller's claims as they were verified before the request reached the database: `{}` when
-- nobody is signed in.
create or replace function auth.jwt()
returns jsonb
language sql stable parallel safe
as $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb, '{}'::jsonb
    )
$$;

-- The caller's id, null when nobody is signed in. (`request.jwt.claim.*` is how older clients of
-- these functions set one claim at a time.)
create or replace function auth.uid()
returns uuid
language sql stable parallel safe
as $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim.sub', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
$$;

-- The role that the caller's token names: anon, authenticated or service_role.
create or replace function auth.role()
returns text
language sql stable parallel safe
as $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim.role', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )
$$;

-- The caller's mail address, from the token.
create or replace function auth.email()
returns text
language sql stable parallel safe
as $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim.email', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
    )
$$;

revoke execute on function auth.jwt(), auth.uid(), auth.role(), auth.email() from public;
grant execute on function auth.jwt(), auth.uid(), auth.role(), auth.email()
to streamvibe_owner, anon, authenticated, service_role;

-- Accounts, in the shape that the product's clients and their tools know. Rows are also inserted by
-- hand, so that a token column may be null or empty: both mean that there is none.
create table if not exists auth.users (
    instance_id uuid,
    id uuid primary key default gen_random_uuid(),
    aud text,
    role text,
    email text,
    encrypted_password text,
    email_confirmed_at timestamptz,
    invited_at timestamptz,
    confirmation_token text,
    confirmation_sent_at timestamptz,
    recovery_token text,
    recovery_sent_at timestamptz,
    email_change_token_new text,
    email_change text,
    email_change_sent_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    phone text default null,
    phone_confirmed_at timestamptz,
    phone_change text default '',
    phone_change_token text default '',
    phone_change_sent_at timestamptz,
    confirmed_at timestamptz generated always as (
        least(email_confirmed_at, phone_confirmed_at)
    ) stored,
    email_change_token_current text default '',
    email_change_confirm_status smallint default 0,
    banned_until timestamptz,
    reauthentication_token text default '',
    reauthentication_sent_at timestamptz,
    is_sso_user boolean not null default false,
    deleted_at timestamptz,
    is_anonymous boolean not null default false,
    constraint users_phone_key unique (phone)
);
alter table auth.users owner to auth_admin;
alter table auth.users enable row level security;

-- an address belongs to one account, whatever its letters' case; single sign-on keeps its own
create unique index if not exists users_email_partial_key
on auth.users (lower(email)) where not is_sso_user;

revoke all on table auth.users from public, anon, authenticated, service_role;
-- the product's tables point at accounts and are filled when one is made
grant references, trigger on table auth.users to streamvibe_owner;
