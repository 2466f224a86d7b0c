-- What auth keeps beside accounts: how people sign in, where they are signed in, what was mailed to
-- them, and what they did. Only the login auth_admin reaches it. Nothing that auth writes here lets
-- its reader in: tokens and codes are kept as digests, or are made of a key that is not in the
-- database. Columns that auth itself does not use are those of a project that moves here with its
-- rows.

set role auth_admin;

-- A way to sign in; those by mail address have the account's id as their provider_id.
create table if not exists auth.identities (
    id uuid primary key default gen_random_uuid(),
    provider_id text not null,
    user_id uuid not null references auth.users on delete cascade,
    identity_data jsonb not null,
    provider text not null,
    last_sign_in_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    email text generated always as (lower(identity_data ->> 'email')) stored,
    constraint identities_provider_id_provider_unique unique (provider_id, provider)
);
create index if not exists identities_user_id_idx on auth.identities (user_id);
create index if not exists identities_email_idx on auth.identities (email);

-- Where somebody is signed in. Its refresh tokens are numbered and carry a code of auth's own key;
-- the counter is the number of the one that counts. Rows that came from elsewhere may have none:
-- then it is the first, which nobody has yet.
create table if not exists auth.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    factor_id uuid,
    aal text default 'aal1',
    not_after timestamptz,
    refreshed_at timestamptz,
    user_agent text,
    ip inet,
    tag text,
    oauth_client_id uuid,
    scopes text,
    refresh_token_hmac_key text,
    refresh_token_counter bigint default 1,
    -- when the latest tokens were replaced, oldest first: for the reuse interval they still count
    replaced_at timestamptz [] not null default '{}',
    constraint levels_are_known check (aal in ('aal1', 'aal2', 'aal3'))
);
create index if not exists sessions_user_id_idx on auth.sessions (user_id, created_at desc);

-- Refresh tokens of the older form, which a project brings along: as they are, one a row, each with
-- the one that it took the place of. Auth takes them and makes none.
create table if not exists auth.refresh_tokens (
    instance_id uuid,
    id bigserial primary key,
    token varchar(255),
    user_id varchar(255),
    revoked boolean,
    created_at timestamptz,
    updated_at timestamptz,
    parent varchar(255),
    session_id uuid references auth.sessions on delete cascade,
    constraint refresh_tokens_token_unique unique (token)
);
create index if not exists refresh_tokens_parent_idx on auth.refresh_tokens (parent);
create index if not exists refresh_tokens_session_id_revoked_idx
on auth.refresh_tokens (session_id, revoked);

-- How a session's user proved who it is; a refresh adds none.
create table if not exists auth.mfa_amr_claims (
    id uuid primary key default gen_random_uuid(),
    session_id uuid not null references auth.sessions on delete cascade,
    authentication_method text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint mfa_amr_claims_session_id_authentication_method_pkey
    unique (session_id, authentication_method)
);

-- Second factors, and what their owners were asked for. Auth shows those that a project brings
-- along and sets none up.
do $$
begin
    if pg_catalog.to_regtype('auth.factor_type') is null then
        create type auth.factor_type as enum ('totp', 'webauthn', 'phone');
        create type auth.factor_status as enum ('unverified', 'verified');
    end if;
end;
$$;

create table if not exists auth.mfa_factors (
    id uuid primary key,
    user_id uuid not null references auth.users on delete cascade,
    friendly_name text,
    factor_type auth.factor_type not null,
    status auth.factor_status not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    secret text,
    phone text,
    last_challenged_at timestamptz unique,
    web_authn_credential jsonb,
    web_authn_aaguid uuid,
    last_webauthn_challenge_data jsonb
);
create unique index if not exists mfa_factors_user_friendly_name_unique
on auth.mfa_factors (friendly_name, user_id) where trim(friendly_name) <> '';
create unique index if not exists unique_phone_factor_per_user
on auth.mfa_factors (user_id, phone);
create index if not exists factor_id_created_at_idx on auth.mfa_factors (user_id, created_at);

create table if not exists auth.mfa_challenges (
    id uuid primary key,
    factor_id uuid not null,
    created_at timestamptz not null,
    verified_at timestamptz,
    ip_address inet not null,
    otp_code text,
    web_authn_session_data jsonb,
    constraint mfa_challenges_auth_factor_id_fkey
    foreign key (factor_id) references auth.mfa_factors on delete cascade
);
create index if not exists mfa_challenges_factor_id_idx on auth.mfa_challenges (factor_id);
create index if not exists mfa_challenge_created_at_idx on auth.mfa_challenges (created_at desc);

-- A sign-in that ends where it began: whoever started it holds the verifier of the challenge.
create table if not exists auth.flow_state (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    -- SHA-256 of the code in hexadecimal digits; null until the link was opened
    auth_code text,
    code_challenge_method text not null,
    code_challenge text not null,
    provider_type text not null default 'email',
    authentication_method text not null,
    auth_code_issued_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint methods_are_known check (code_challenge_method in ('s256', 'plain')),
    constraint flow_state_auth_code_key unique (auth_code)
);
create index if not exists flow_state_user_id_idx on auth.flow_state (user_id);
create index if not exists flow_state_created_at_idx on auth.flow_state (created_at);

-- What was mailed and not yet used: one of a kind for an account, the newest.
create table if not exists auth.one_time_tokens (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    token_type text not null,
    -- SHA-256, in hexadecimal digits, of the hash that the link carries
    token_hash text not null,
    -- the address that it was mailed to
    relates_to text not null,
    flow_state_id uuid references auth.flow_state on delete set null,
    -- wrong codes that were tried for the account since it was mailed
    attempts integer not null default 0,
    -- when its time began: when it was made, then when it was sent
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint one_time_tokens_user_id_token_type_key unique (user_id, token_type),
    constraint one_time_tokens_token_hash_key unique (token_hash),
    constraint types_are_known check (
        token_type in (
            'confirmation_token', 'recovery_token', 'email_change_token_new',
            'email_change_token_current', 'reauthentication_token'
        )
    )
);
create index if not exists one_time_tokens_flow_state_id_idx
on auth.one_time_tokens (flow_state_id);

-- Who did what to an account, and from where: written with the act itself, kept for 90 days, never
-- changed. It holds no secret.
create table if not exists auth.audit_log_entries (
    instance_id uuid,
    id uuid primary key default extensions.uuid_generate_v7(),
    payload json,
    created_at timestamptz default now(),
    ip_address varchar(64) not null default ''
);
create index if not exists audit_log_entries_created_at_idx
on auth.audit_log_entries (created_at);

alter table auth.identities enable row level security;
alter table auth.sessions enable row level security;
alter table auth.refresh_tokens enable row level security;
alter table auth.mfa_amr_claims enable row level security;
alter table auth.mfa_factors enable row level security;
alter table auth.mfa_challenges enable row level security;
alter table auth.audit_log_entries enable row level security;
alter table auth.flow_state enable row level security;
alter table auth.one_time_tokens enable row level security;

-- an account is looked for by the address that it is moving to, and listed by age
create index if not exists users_email_change_idx on auth.users (lower(email_change))
where email_change <> '';
create index if not exists users_created_at_idx on auth.users (created_at desc, id);

revoke all on table
auth.identities, auth.sessions, auth.refresh_tokens, auth.mfa_amr_claims, auth.mfa_factors,
auth.mfa_challenges, auth.flow_state, auth.one_time_tokens, auth.audit_log_entries
from public, anon, authenticated, service_role;

reset role;
