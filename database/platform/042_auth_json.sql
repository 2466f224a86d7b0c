-- How auth's clients see an account: as an object of their API, and as the claims of a token.

set role auth_admin;

-- Refuses with what the client may be told. The SQLSTATE is `PT` and the HTTP status, the detail
-- holds the client-visible code.
create or replace function auth.refuse(p_status integer, p_code text, p_message text)
returns void
language plpgsql
set search_path = ''
as $$
begin
    raise exception using
        errcode = 'PT' || p_status::text,
        message = p_message,
        detail = pg_catalog.jsonb_build_object('code', p_code)::text;
end;
$$;

-- A time as the clients' strict readers take it, whatever the session's zone.
create or replace function auth.json_time(p_time timestamptz)
returns text
language sql stable
set search_path = ''
as $$
    select pg_catalog.to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Metadata is an object; what somebody wrote by hand instead of one counts as none.
create or replace function auth.json_object(p_value jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select case when pg_catalog.jsonb_typeof(p_value) = 'object' then p_value else '{}' end
$$;

-- Metadata with a patch laid over it: a null takes its key away, other keys stay.
create or replace function auth.merged(p_value jsonb, p_patch jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select
        (auth.json_object(p_value) || auth.json_object(p_patch))
        - array(
            select e.key
            from pg_catalog.jsonb_each(auth.json_object(p_patch)) as e
            where e.value = 'null'
        )
$$;

create or replace function auth.identity_json(p_identity auth.identities)
returns jsonb
language sql stable
set search_path = ''
as $$
    select pg_catalog.jsonb_strip_nulls(
        pg_catalog.jsonb_build_object(
            'identity_id', p_identity.id,
            'id', p_identity.provider_id,
            'user_id', p_identity.user_id,
            'provider', p_identity.provider,
            'email', p_identity.email,
            'last_sign_in_at', auth.json_time(p_identity.last_sign_in_at),
            'created_at', auth.json_time(p_identity.created_at),
            'updated_at', auth.json_time(p_identity.updated_at)
        )
    ) || pg_catalog.jsonb_build_object('identity_data', auth.json_object(p_identity.identity_data))
$$;

-- An account's second factors without what they are checked with, oldest first.
create or replace function auth.factors_json(p_user_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(
        pg_catalog.jsonb_agg(
            pg_catalog.jsonb_strip_nulls(
                pg_catalog.jsonb_build_object(
                    'id', f.id,
                    'friendly_name', nullif(f.friendly_name, ''),
                    'factor_type', f.factor_type,
                    'status', f.status,
                    'created_at', auth.json_time(f.created_at),
                    'updated_at', auth.json_time(f.updated_at)
                )
            )
            order by f.created_at, f.id
        ), '[]'
    )
    from auth.mfa_factors as f
    where f.user_id = p_user_id
$$;

-- An account as the API shows it, with its second factors when it has any. Times that are not set
-- are left out: an empty text in their place makes strict clients fail, and so does metadata that
-- is null. Any column but the id may be null.
create or replace function auth.user_json(p_user auth.users)
returns jsonb
language sql stable
set search_path = ''
as $$
    select pg_catalog.jsonb_strip_nulls(
        pg_catalog.jsonb_build_object(
            'id', p_user.id,
            'aud', coalesce(nullif(p_user.aud, ''), 'authenticated'),
            'role', coalesce(nullif(p_user.role, ''), 'authenticated'),
            'email', coalesce(p_user.email, ''),
            'phone', coalesce(p_user.phone, ''),
            'email_confirmed_at', auth.json_time(p_user.email_confirmed_at),
            'phone_confirmed_at', auth.json_time(p_user.phone_confirmed_at),
            'confirmed_at', auth.json_time(p_user.confirmed_at),
            'invited_at', auth.json_time(p_user.invited_at),
            'confirmation_sent_at', auth.json_time(p_user.confirmation_sent_at),
            'recovery_sent_at', auth.json_time(p_user.recovery_sent_at),
            'new_email', nullif(p_user.email_change, ''),
            'email_change_sent_at', auth.json_time(p_user.email_change_sent_at),
            'reauthentication_sent_at', auth.json_time(p_user.reauthentication_sent_at),
            'last_sign_in_at', auth.json_time(p_user.last_sign_in_at),
            'created_at', auth.json_time(p_user.created_at),
            'updated_at', auth.json_time(p_user.updated_at),
            'banned_until', auth.json_time(p_user.banned_until),
            'deleted_at', auth.json_time(p_user.deleted_at),
            'is_anonymous', p_user.is_anonymous
        )
    ) || pg_catalog.jsonb_build_object(
        'app_metadata', auth.json_object(p_user.raw_app_meta_data),
        'user_metadata', auth.json_object(p_user.raw_user_meta_data),
        'identities', (
            select coalesce(
                pg_catalog.jsonb_agg(auth.identity_json(i) order by i.created_at, i.id), '[]'
            )
            from auth.identities as i
            where i.user_id = p_user.id
        )
    ) || case
        when exists (select from auth.mfa_factors as f where f.user_id = p_user.id)
            then pg_catalog.jsonb_build_object('factors', auth.factors_json(p_user.id))
        else '{}'
    end
$$;

-- What an access token says, but for its issuer and its times. A token has to fit into a header:
-- user metadata that is longer than 3 kB is left out of it.
create or replace function auth.claims(p_user auth.users, p_session auth.sessions)
returns jsonb
language sql stable
set search_path = ''
as $$
    select pg_catalog.jsonb_build_object(
        'sub', p_user.id,
        'aud', 'authenticated',
        'role', 'authenticated',
        'email', coalesce(p_user.email, ''),
        'phone', coalesce(p_user.phone, ''),
        'app_metadata', auth.json_object(p_user.raw_app_meta_data),
        'user_metadata', case
            when pg_catalog.octet_length(p_user.raw_user_meta_data::text) > 3072 then '{}'
            else auth.json_object(p_user.raw_user_meta_data)
        end,
        'aal', coalesce(p_session.aal, 'aal1'),
        'amr', (
            select coalesce(
                pg_catalog.jsonb_agg(
                    pg_catalog.jsonb_build_object(
                        'method', c.authentication_method,
                        'timestamp', pg_catalog.floor(extract(epoch from c.created_at))
                    )
                    order by c.created_at desc
                ), '[]'
            )
            from auth.mfa_amr_claims as c
            where c.session_id = p_session.id
        ),
        'session_id', p_session.id,
        'is_anonymous', p_user.is_anonymous
    )
$$;

reset role;
