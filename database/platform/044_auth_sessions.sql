-- Sessions: opened by whoever proved who it is, kept by refresh tokens that are used once.

set role auth_admin;

-- Signs an account in. Refuses one that is banned.
create or replace function auth.open_session(
    p_user_id uuid,
    p_method text,
    p_user_agent text,
    p_ip inet,
    p_timebox interval,
    p_is_single boolean
)
returns table (session_id uuid, user_id uuid, counter bigint, claims jsonb, account jsonb)
language plpgsql
set search_path = ''
as $$
declare
    v_user auth.users;
    v_session auth.sessions;
begin
    update auth.users as u
    set last_sign_in_at = now(), updated_at = now()
    where u.id = p_user_id and u.deleted_at is null
    returning u.* into v_user;
    if not found then
        perform auth.refuse(403, 'user_not_found', 'User from sub claim in JWT does not exist');
    end if;
    if v_user.banned_until > now() then
        perform auth.refuse(400, 'user_banned', 'User is banned');
    end if;

    if p_is_single then
        delete from auth.sessions as s
        where s.user_id = p_user_id;
    end if;
    insert into auth.sessions as s (user_id, user_agent, ip, not_after)
    values (p_user_id, p_user_agent, p_ip, now() + p_timebox)
    returning s.* into v_session;
    insert into auth.mfa_amr_claims (session_id, authentication_method)
    values (v_session.id, p_method);
    update auth.identities as i
    set last_sign_in_at = now(), updated_at = now()
    where i.user_id = p_user_id and i.provider = 'email';
    perform auth.note(
        'login', p_user_id, pg_catalog.jsonb_build_object(
            'provider', case when v_user.is_anonymous then 'anonymous' else 'email' end,
            'method', p_method
        )
    );

    session_id := v_session.id;
    user_id := v_user.id;
    counter := v_session.refresh_token_counter;
    claims := auth.claims(v_user, v_session);
    account := auth.user_json(v_user);
    return next;
end;
$$;

-- Whether the account of an address, if there is one, is signed in at a place: an address, or the
-- network of IPv6 that it is in, which is one customer's.
create or replace function auth.is_signed_in(p_email text, p_ip inet)
returns boolean
language sql stable
set search_path = ''
as $$
    select exists (
        select
        from auth.account_of(p_email) as u
        inner join auth.sessions as s on u.id = s.user_id
        where
            s.ip <<= pg_catalog.set_masklen(
                p_ip, case pg_catalog.family(p_ip) when 6 then 64 else 32 end
            )
    )
$$;

-- Ends a session whose token is in wrong hands.
create or replace function auth.revoke_session(p_session_id uuid, p_user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
    perform auth.note(
        'token_revoked', p_user_id,
        pg_catalog.jsonb_build_object('session_id', p_session_id, 'reason', 'used again')
    );
    delete from auth.sessions as s
    where s.id = p_session_id;
end;
$$;

-- Uses a refresh token, which auth has found to be one of its own. The session's row is locked, so
-- that those who come at once come one after the other:
--
--   the token that counts           is replaced by the next
--   the one before it               gives the one that counts, however late: an answer was lost, or
--                                   another tab was faster
--   one that was replaced just now  gives the one that counts (p_reuse)
--   any older one                   is in wrong hands, and who uses the session now may be as well:
--                                   the session ends
--
-- A token that is newer than the row (the database was restored from a backup) counts.
create or replace function auth.refresh_session(
    p_session_id uuid,
    p_counter bigint,
    p_reuse interval,
    p_inactivity interval,
    p_user_agent text,
    p_ip inet
)
returns table (
    outcome text, session_id uuid, user_id uuid, counter bigint, claims jsonb, account jsonb
)
language plpgsql
set search_path = ''
set lock_timeout = '5s'
as $$
declare
    v_session auth.sessions;
    v_user auth.users;
    v_now timestamptz;
begin
    outcome := 'refresh_token_not_found';
    session_id := p_session_id;
    select s.* into v_session from auth.sessions as s where s.id = p_session_id for no key update;
    if not found then
        return next;
        return;
    end if;
    v_session.refresh_token_counter := coalesce(v_session.refresh_token_counter, 1);
    v_now := clock_timestamp();
    select u.* into strict v_user from auth.users as u where u.id = v_session.user_id;
    user_id := v_user.id;

    if v_user.deleted_at is not null then
        return next;
        return;
    elsif v_user.banned_until > v_now then
        outcome := 'user_banned';
        return next;
        return;
    elsif v_session.not_after <= v_now
        or coalesce(v_session.refreshed_at, v_session.created_at) + p_inactivity <= v_now then
        outcome := 'session_expired';
        return next;
        return;
    end if;

    if p_counter >= v_session.refresh_token_counter then
        update auth.sessions as s
        set
            refresh_token_counter = p_counter + 1,
            refreshed_at = v_now,
            updated_at = v_now,
            replaced_at = (
                s.replaced_at[pg_catalog.width_bucket(v_now - p_reuse, s.replaced_at) + 1 :]
                || greatest(v_now, s.replaced_at[pg_catalog.cardinality(s.replaced_at)])
            ),
            user_agent = coalesce(p_user_agent, s.user_agent),
            ip = coalesce(p_ip, s.ip)
        where s.id = p_session_id
        returning s.* into v_session;
    elsif p_counter < v_session.refresh_token_counter - 1
        and v_session.refresh_token_counter - p_counter > pg_catalog.cardinality(
            v_session.replaced_at[
                pg_catalog.width_bucket(v_now - p_reuse, v_session.replaced_at) + 1 :
            ]
        ) then
        perform auth.revoke_session(p_session_id, user_id);
        outcome := 'refresh_token_already_used';
        return next;
        return;
    end if;

    perform auth.note('token_refreshed', user_id);
    outcome := 'ok';
    counter := v_session.refresh_token_counter;
    claims := auth.claims(v_user, v_session);
    account := auth.user_json(v_user);
    return next;
end;
$$;

-- Ends sessions of an account: this one (`local`), all but this one (`others`) or all (`global`).
create or replace function auth.end_sessions(p_user_id uuid, p_session_id uuid, p_scope text)
returns void
language sql
set search_path = ''
as $$
    select auth.note('logout', p_user_id);
    delete from auth.sessions as s
    where
        s.user_id = p_user_id
        and case p_scope
            when 'local' then s.id = p_session_id
            when 'others' then s.id is distinct from p_session_id
            else true
        end;
$$;

-- Drops what is over: sessions past their end or not refreshed for too long (null: for as long as
-- somebody likes), sign-ins and mailed tokens that nobody came back
-- for, and of the log, oldest first, up to so many entries that are older than 90 days. Returns how
-- many rows went: when it is the limit or more, there may be more of the log.
create or replace function auth.prune(
    p_tokens_older_than interval,
    p_entries integer,
    p_inactivity interval default null
)
returns integer
language sql
set search_path = ''
as $$
    with sessions as (
        delete from auth.sessions as s
        where
            s.not_after < now()
            or coalesce(s.refreshed_at, s.created_at) + p_inactivity <= now()
        returning 1
    ),

    flows as (
        delete from auth.flow_state as f
        where f.created_at < now() - p_tokens_older_than
        returning 1
    ),

    tokens as (
        delete from auth.one_time_tokens as t
        where t.created_at < now() - p_tokens_older_than
        returning 1
    ),

    entries as (
        delete from auth.audit_log_entries as e
        where e.id in (
            select o.id
            from auth.audit_log_entries as o
            where o.created_at < now() - interval '90 days'
            order by o.created_at
            limit p_entries
            for update skip locked
        )
        returning 1
    )

    select (
        (select pg_catalog.count(*) from sessions)
        + (select pg_catalog.count(*) from flows)
        + (select pg_catalog.count(*) from tokens)
        + (select pg_catalog.count(*) from entries)
    )::integer
$$;

reset role;
