-- What may happen to an account. Each function is one step; auth runs those that belong together as
-- one transaction.

set role auth_admin;

-- Makes an account and, where it has an address, the identity that belongs to it. Fails as the
-- insert fails: with 23505 on users_email_partial_key when the address has an account, and with
-- whatever a trigger of the application raises.
create or replace function auth.create_account(
    p_id uuid,
    p_email text,
    p_password text,
    p_app_metadata jsonb,
    p_user_metadata jsonb,
    p_is_confirmed boolean
)
returns void
language plpgsql
set search_path = ''
as $$
begin
    insert into auth.users (
        id, instance_id, aud, role, email, encrypted_password, email_confirmed_at,
        confirmation_token, recovery_token, email_change_token_new, email_change,
        raw_app_meta_data, raw_user_meta_data, is_anonymous
    )
    values (
        p_id, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', p_email,
        coalesce(p_password, ''), case when p_is_confirmed then now() end,
        '', '', '', '',
        p_app_metadata, auth.merged('{}', p_user_metadata), p_email is null
    );
    if p_email is not null then
        perform auth.keep_email_identity(p_id);
    end if;
end;
$$;

-- Has an account that waits to be confirmed hold nothing that who owns its address has not proved:
-- somebody else came with that address, and one of them is a stranger. Whoever comes by mail sets
-- the password. What an admin said of somebody invited, and what somebody has who was signed in
-- already, stays.
create or replace function auth.contest_sign_up(p_user_id uuid)
returns void
language sql
set search_path = ''
as $$
    update auth.users as u
    set encrypted_password = '', updated_at = now()
    where u.id = p_user_id and u.email_confirmed_at is null;
    update auth.users as u
    set raw_user_meta_data = '{}'
    where
        u.id = p_user_id
        and u.email_confirmed_at is null
        and u.last_sign_in_at is null
        and u.invited_at is null;
    update auth.identities as i
    set
        identity_data = pg_catalog.jsonb_build_object(
            'sub', i.identity_data -> 'sub',
            'email', i.identity_data -> 'email',
            'email_verified', i.identity_data -> 'email_verified',
            'phone_verified', i.identity_data -> 'phone_verified'
        ),
        updated_at = now()
    from auth.users as u
    where
        u.id = p_user_id
        and u.email_confirmed_at is null
        and u.last_sign_in_at is null
        and u.invited_at is null
        and i.user_id = u.id
        and i.provider = 'email';
$$;

-- Has the account's identity by mail say what the account says.
create or replace function auth.keep_email_identity(p_user_id uuid)
returns void
language sql
set search_path = ''
as $$
    insert into auth.identities as i (provider_id, user_id, provider, identity_data)
    select
        u.id::text,
        u.id,
        'email',
        auth.json_object(u.raw_user_meta_data) || pg_catalog.jsonb_build_object(
            'sub', u.id,
            'email', u.email,
            'email_verified', u.email_confirmed_at is not null,
            'phone_verified', false
        )
    from auth.users as u
    where u.id = p_user_id and u.email <> ''
    on conflict (provider_id, provider) do update
        set
            identity_data = i.identity_data || pg_catalog.jsonb_build_object(
                'email', excluded.identity_data -> 'email',
                'email_verified', excluded.identity_data -> 'email_verified'
            ),
            updated_at = now()
$$;

-- The account of an address; nothing when it has none. A row that was inserted by hand may hold the
-- address in capitals.
create or replace function auth.account_of(p_email text)
returns setof auth.users
language sql stable rows 1
set search_path = ''
as $$
    select u.*
    from auth.users as u
    where pg_catalog.lower(u.email) = p_email and not u.is_sso_user and u.deleted_at is null
$$;

-- How whoever carries a token stands: `ok`, or why the token counts no longer although it is well
-- signed. Tokens of other issuers name no session.
create or replace function auth.standing(p_user_id uuid, p_session_id uuid)
returns table (standing text, account jsonb, signed_in_at timestamptz)
language sql stable
set search_path = ''
as $$
    select
        case
            when u.id is null or u.deleted_at is not null then 'user_not_found'
            when p_session_id is not null and s.id is null then 'session_not_found'
            when s.not_after <= now() then 'session_expired'
            when u.banned_until > now() then 'user_banned'
            else 'ok'
        end,
        auth.user_json(u),
        s.created_at
    from (values (p_user_id)) as asked (user_id)
    left join auth.users as u on asked.user_id = u.id
    left join auth.sessions as s on u.id = s.user_id and s.id = p_session_id
$$;

-- An account as it is now, for the end of a transaction that changed it.
create or replace function auth.account_json(p_user_id uuid)
returns jsonb
language sql volatile
set search_path = ''
as $$
    select auth.user_json(u)
    from auth.users as u
    where u.id = p_user_id
$$;

-- Sets a password and ends every session but the one that set it, with whatever was mailed and the
-- move to another address that waits: who knew the old password may have asked for them.
create or replace function auth.set_password(
    p_user_id uuid,
    p_password text,
    p_kept_session uuid default null
)
returns void
language sql
set search_path = ''
as $$
    update auth.users as u
    set
        encrypted_password = p_password,
        email_change = '',
        email_change_confirm_status = 0,
        updated_at = now()
    where u.id = p_user_id;
    delete from auth.sessions as s
    where s.user_id = p_user_id and s.id is distinct from p_kept_session;
    delete from auth.one_time_tokens as t
    where t.user_id = p_user_id;
    delete from auth.flow_state as f
    where f.user_id = p_user_id;
$$;

-- Lays metadata over an account's. Each token carries the backend's own, app_metadata, which can
-- therefore not grow beyond 2 kB.
create or replace function auth.merge_metadata(
    p_user_id uuid,
    p_user_metadata jsonb,
    p_app_metadata jsonb
)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_old jsonb;
    v_new jsonb;
begin
    select u.raw_app_meta_data into v_old from auth.users as u where u.id = p_user_id for update;
    v_new := auth.merged(v_old, p_app_metadata);
    if pg_catalog.octet_length(v_new::text)
        > greatest(2048, pg_catalog.octet_length(auth.json_object(v_old)::text)) then
        perform auth.refuse(
            400, 'validation_failed',
            'app_metadata can''t be longer than 2 kB: each token carries it'
        );
    end if;
    update auth.users as u
    set
        raw_user_meta_data = auth.merged(u.raw_user_meta_data, p_user_metadata),
        raw_app_meta_data = v_new,
        updated_at = now()
    where u.id = p_user_id;
end;
$$;

create or replace function auth.confirm_email(p_user_id uuid)
returns void
language sql
set search_path = ''
as $$
    update auth.users as u
    set
        email_confirmed_at = coalesce(u.email_confirmed_at, now()),
        updated_at = now()
    where u.id = p_user_id;
    select auth.keep_email_identity(p_user_id);
$$;

-- Gives an account an address. What was mailed to the old one counts no longer. Whoever has an
-- address is not anonymous.
create or replace function auth.set_email(p_user_id uuid, p_email text, p_is_confirmed boolean)
returns void
language sql
set search_path = ''
as $$
    update auth.users as u
    set
        email = p_email,
        email_confirmed_at = case when p_is_confirmed then now() end,
        email_change = '',
        email_change_confirm_status = 0,
        is_anonymous = false,
        raw_app_meta_data = case
            when u.is_anonymous
                then auth.merged(
                    u.raw_app_meta_data, '{"provider": "email", "providers": ["email"]}'
                )
            else u.raw_app_meta_data
        end,
        updated_at = now()
    where u.id = p_user_id;
    delete from auth.one_time_tokens as t
    where t.user_id = p_user_id;
    select auth.keep_email_identity(p_user_id);
$$;

-- Notes the address that an account wants to move to, and whether the one that it has must agree.
create or replace function auth.plan_email_change(
    p_user_id uuid,
    p_email text,
    p_needs_consent boolean
)
returns void
language sql
set search_path = ''
as $$
    delete from auth.one_time_tokens as t
    where
        t.user_id = p_user_id
        and t.token_type in ('email_change_token_new', 'email_change_token_current');
    update auth.users as u
    set
        email_change = p_email,
        email_change_confirm_status = case when p_needs_consent then 0 else 1 end,
        updated_at = now()
    where u.id = p_user_id;
$$;

-- Takes an account out of use and everything personal out of it; the row stays for those that
-- refer to it.
create or replace function auth.retire_account(p_user_id uuid)
returns void
language sql
set search_path = ''
as $$
    update auth.users as u
    set
        deleted_at = now(),
        email = null,
        phone = null,
        email_change = '',
        phone_change = '',
        encrypted_password = '',
        raw_user_meta_data = '{}',
        raw_app_meta_data = '{}',
        updated_at = now()
    where u.id = p_user_id and u.deleted_at is null;
    delete from auth.identities as i
    where i.user_id = p_user_id;
    delete from auth.sessions as s
    where s.user_id = p_user_id;
    delete from auth.one_time_tokens as t
    where t.user_id = p_user_id;
    delete from auth.flow_state as f
    where f.user_id = p_user_id;
$$;

-- A page of accounts, the newest first, with how many there are: those whose address or name holds
-- the filter, when there is one.
create or replace function auth.list_accounts(p_filter text, p_limit integer, p_offset bigint)
returns table (accounts jsonb, total bigint)
language sql stable
set search_path = ''
as $$
    with found as (
        select u
        from auth.users as u
        where
            p_filter is null
            or pg_catalog.strpos(pg_catalog.lower(u.email), pg_catalog.lower(p_filter)) > 0
            or pg_catalog.strpos(
                pg_catalog.lower(u.raw_user_meta_data ->> 'full_name'), pg_catalog.lower(p_filter)
            ) > 0
    ),

    page as (
        select f.u
        from found as f
        order by (f.u).created_at desc, (f.u).id
        limit p_limit offset p_offset
    )

    select
        (
            select coalesce(
                pg_catalog.jsonb_agg(
                    auth.user_json(p.u) order by (p.u).created_at desc, (p.u).id
                ), '[]'
            )
            from page as p
        ),
        (select pg_catalog.count(*) from found)
$$;

reset role;
