-- Refresh tokens of the older form: those that a project's users hold when it moves here.

set role auth_admin;

-- Takes a refresh token that stands in auth.refresh_tokens and gives the session's tokens of the
-- new form, as auth.refresh_session does. In a session that came from elsewhere the first token of
-- the new form takes the place of all older ones:
--
--   one that was never used         gives the token that counts, once
--   one that was used last, or the  gives the first of the new form, as long as nobody has used it:
--   parent of one never used        an answer was lost, here or where the session comes from
--   one that was used just now      gives the one that counts (p_reuse)
--   any other                       is in wrong hands: the session ends
create or replace function auth.refresh_older_session(
    p_token text,
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
    v_token auth.refresh_tokens;
    v_session auth.sessions;
    v_active auth.refresh_tokens;
    v_is_right boolean;
begin
    select s.* into v_session
    from auth.refresh_tokens as t
    inner join auth.sessions as s on t.session_id = s.id
    where t.token = p_token
    for no key update of s;
    if not found then
        outcome := 'refresh_token_not_found';
        return next;
        return;
    end if;
    select t.* into v_token from auth.refresh_tokens as t where t.token = p_token;
    select t.* into v_active
    from auth.refresh_tokens as t
    where t.session_id = v_session.id and t.revoked is not true
    order by t.id desc
    limit 1;
    v_is_right := case
        when v_token.revoked is not true then true
        when v_token.updated_at > clock_timestamp() - p_reuse then true
        when v_session.refresh_token_counter > 1 then false
        when v_active.id is not null then v_active.parent = p_token
        else not exists (
            select from auth.refresh_tokens as t
            where t.session_id = v_session.id and t.id > v_token.id
        )
    end;
    if v_is_right is not true then
        perform auth.revoke_session(v_session.id, v_session.user_id);
        outcome := 'refresh_token_already_used';
        session_id := v_session.id;
        user_id := v_session.user_id;
        return next;
        return;
    end if;

    select r.* into outcome, session_id, user_id, counter, claims, account
    from auth.refresh_session(
        v_session.id, coalesce(v_session.refresh_token_counter, 1) - 1, p_reuse, p_inactivity,
        p_user_agent, p_ip
    ) as r;
    if outcome = 'ok' and v_token.revoked is not true then
        perform auth.note('token_revoked', user_id);
        update auth.refresh_tokens as t
        set revoked = true, updated_at = clock_timestamp()
        where t.id = v_token.id;
        update auth.sessions as s
        set
            refresh_token_counter = coalesce(s.refresh_token_counter, 1),
            refreshed_at = clock_timestamp(),
            updated_at = clock_timestamp(),
            user_agent = coalesce(p_user_agent, s.user_agent),
            ip = coalesce(p_ip, s.ip)
        where s.id = v_session.id;
    end if;
    return next;
end;
$$;

reset role;
