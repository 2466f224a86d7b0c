-- What is mailed to an address to prove that it is somebody's: issued, used once, and the sign-in
-- that follows from it.

set role auth_admin;

-- Puts a mailed token in place of the one of its kind that was mailed before.
create or replace function auth.issue_token(
    p_user_id uuid,
    p_type text,
    p_hash text,
    p_relates_to text,
    p_flow_id uuid
)
returns void
language sql
set search_path = ''
as $$
    insert into auth.one_time_tokens as t (
        user_id, token_type, token_hash, relates_to, flow_state_id
    )
    values (p_user_id, p_type, p_hash, p_relates_to, p_flow_id)
    on conflict (user_id, token_type) do update
        set
            token_hash = excluded.token_hash,
            relates_to = excluded.relates_to,
            flow_state_id = excluded.flow_state_id,
            attempts = 0,
            created_at = now(),
            updated_at = now();
    update auth.users as u
    set
        confirmation_sent_at = case p_type
            when 'confirmation_token' then now() else u.confirmation_sent_at
        end,
        recovery_sent_at = case p_type
            when 'recovery_token' then now() else u.recovery_sent_at
        end,
        email_change_sent_at = case
            when p_type in ('email_change_token_new', 'email_change_token_current') then now()
            else u.email_change_sent_at
        end,
        reauthentication_sent_at = case p_type
            when 'reauthentication_token' then now() else u.reauthentication_sent_at
        end,
        updated_at = now()
    where u.id = p_user_id;
$$;

-- Begins a sign-in that only the holder of the challenge's verifier can end.
create or replace function auth.begin_flow(
    p_id uuid,
    p_user_id uuid,
    p_challenge text,
    p_challenge_method text,
    p_method text
)
returns void
language sql
set search_path = ''
as $$
    insert into auth.flow_state (
        id, user_id, code_challenge, code_challenge_method, authentication_method
    )
    values (p_id, p_user_id, p_challenge, p_challenge_method, p_method);
$$;

-- Uses a mailed token up, and has happen what it stands for: no row when there is none of these
-- types with one of these hashes that is young enough. A code was typed in when p_email is given:
-- then it is counted against the account's tokens, whose codes count no longer after p_attempts;
-- their links still do.
--
-- An address that is confirmed by any other mail than a sign-up's or an invitation may have been
-- signed up by somebody else: the password that was given then counts no longer.
--
-- An account moves when the new address is proved and the old one agrees, in any order: its
-- email_change_confirm_status is 1 when the old one has agreed or has no say, 2 when the new one is
-- proved.
create or replace function auth.redeem(
    p_types text [],
    p_hashes text [],
    p_email text,
    p_lifetime interval,
    p_attempts integer
)
returns table (user_id uuid, flow_id uuid, is_half boolean)
language plpgsql
set search_path = ''
as $$
declare
    v_token auth.one_time_tokens;
    v_user auth.users;
begin
    delete from auth.one_time_tokens as t
    where
        t.token_hash = any(p_hashes)
        and t.token_type = any(p_types)
        and t.created_at > now() - p_lifetime
        and (p_email is null or t.attempts < p_attempts)
    returning t.* into v_token;
    if not found then
        update auth.one_time_tokens as t
        set attempts = t.attempts + 1, updated_at = now()
        where
            -- each by its own index, which holds only such rows
            t.user_id in (
                select u.id
                from auth.users as u
                where pg_catalog.lower(u.email) = p_email and not u.is_sso_user
                union all
                select u.id
                from auth.users as u
                where pg_catalog.lower(u.email_change) = p_email and u.email_change <> ''
            )
            and t.token_type = any(p_types);
        return;
    end if;

    select u.* into strict v_user from auth.users as u where u.id = v_token.user_id for update;
    if v_user.banned_until > now() then
        perform auth.refuse(403, 'user_banned', 'User is banned');
    end if;
    is_half := false;
    if v_token.token_type like 'email_change_token_%' then
        if coalesce(v_user.email_change, '') = '' then
            return;
        end if;
        is_half := case v_token.token_type
            when 'email_change_token_new'
                then v_user.email_change_confirm_status is distinct from 1
            else v_user.email_change_confirm_status is distinct from 2
        end;
        if is_half then
            update auth.users as u
            set
                email_change_confirm_status = case v_token.token_type
                    when 'email_change_token_current' then 1 else 2
                end,
                updated_at = now()
            where u.id = v_user.id;
        else
            perform auth.set_email(v_user.id, v_user.email_change, true);
        end if;
        perform auth.note('user_modified', v_user.id);
    elsif v_token.relates_to <> coalesce(pg_catalog.lower(v_user.email), '') then
        return;
    elsif v_token.token_type <> 'reauthentication_token' and v_user.email_confirmed_at is null then
        if v_token.token_type <> 'confirmation_token' then
            update auth.users as u
            set encrypted_password = ''
            where u.id = v_user.id;
        end if;
        perform auth.note('user_signedup', v_user.id, '{"provider": "email"}');
        perform auth.confirm_email(v_user.id);
    end if;
    user_id := v_user.id;
    flow_id := v_token.flow_state_id;
    return next;
end;
$$;

-- Uses a mailed token and signs in with it: `ok` with a session, `half` when another confirmation
-- is still to come, or no row when there is no such token.
create or replace function auth.verify(
    p_types text [],
    p_hashes text [],
    p_email text,
    p_lifetime interval,
    p_attempts integer,
    p_method text,
    p_user_agent text,
    p_ip inet,
    p_timebox interval,
    p_is_single boolean
)
returns table (
    outcome text, session_id uuid, user_id uuid, counter bigint, claims jsonb, account jsonb
)
language plpgsql
set search_path = ''
as $$
declare
    v_user_id uuid;
    v_is_half boolean;
begin
    select r.user_id, r.is_half into v_user_id, v_is_half
    from auth.redeem(p_types, p_hashes, p_email, p_lifetime, p_attempts) as r;
    if not found then
        return;
    elsif v_is_half then
        outcome := 'half';
        return next;
        return;
    end if;
    return query
    select
        'ok',
        s.*
    from auth.open_session(
        v_user_id, p_method, p_user_agent, p_ip, p_timebox, p_is_single
    ) as s;
end;
$$;

-- Uses a link's token and puts a code in its place, with which whoever began the sign-in ends it:
-- `ok`, `half` (another confirmation is still to come), `flow_state_not_found`, or no row.
create or replace function auth.verify_for_code(
    p_types text [],
    p_hashes text [],
    p_lifetime interval,
    p_method text,
    p_code_hash text
)
returns table (outcome text)
language plpgsql
set search_path = ''
as $$
declare
    v_flow_id uuid;
    v_is_half boolean;
begin
    select r.flow_id, r.is_half into v_flow_id, v_is_half
    from auth.redeem(p_types, p_hashes, null, p_lifetime, 0) as r;
    if not found then
        return;
    end if;
    outcome := 'half';
    if not v_is_half then
        update auth.flow_state as f
        set
            auth_code = p_code_hash,
            auth_code_issued_at = now(),
            authentication_method = p_method,
            updated_at = now()
        where f.id = v_flow_id;
        outcome := case when found then 'ok' else 'flow_state_not_found' end;
    end if;
    return next;
end;
$$;

-- Ends a sign-in by its code, once: `ok` with a session, or `flow_state_not_found`,
-- `flow_state_expired`, `bad_code_verifier`.
create or replace function auth.exchange_code(
    p_code_hash text,
    p_s256 text,
    p_plain text,
    p_lifetime interval,
    p_user_agent text,
    p_ip inet,
    p_timebox interval,
    p_is_single boolean
)
returns table (
    outcome text, session_id uuid, user_id uuid, counter bigint, claims jsonb, account jsonb
)
language plpgsql
set search_path = ''
as $$
declare
    v_flow auth.flow_state;
begin
    select f.* into v_flow from auth.flow_state as f where f.auth_code = p_code_hash for update;
    outcome := case
        when not found then 'flow_state_not_found'
        when v_flow.auth_code_issued_at <= now() - p_lifetime then 'flow_state_expired'
        when v_flow.code_challenge <> case v_flow.code_challenge_method
            when 's256' then p_s256 else p_plain
        end then 'bad_code_verifier'
        else 'ok'
    end;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    delete from auth.flow_state as f
    where f.id = v_flow.id;
    return query
    select
        'ok',
        s.*
    from auth.open_session(
        v_flow.user_id, v_flow.authentication_method, p_user_agent, p_ip, p_timebox, p_is_single
    ) as s;
end;
$$;

reset role;
