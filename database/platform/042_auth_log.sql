-- What auth's log says of an act.

set role auth_admin;

-- Notes that somebody acted on an account: its owner, or the role `app.admin` when a request is the
-- backend's own; from the address `app.client`. For the transaction of the act, and before an
-- account is deleted.
create or replace function auth.note(p_action text, p_user_id uuid, p_traits jsonb default null)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_admin text := nullif(pg_catalog.current_setting('app.admin', true), '');
    v_user auth.users;
    v_payload jsonb;
begin
    select u.* into v_user from auth.users as u where u.id = p_user_id;
    if not found then
        return;
    end if;
    v_payload := pg_catalog.jsonb_build_object(
        'action', p_action,
        'actor_id', v_user.id,
        'actor_username', coalesce(nullif(v_user.phone, ''), v_user.email, ''),
        'actor_via_sso', v_user.is_sso_user,
        'log_type', case
            when p_action in ('login', 'logout') then 'account'
            when p_action in ('user_signedup', 'user_invited', 'user_deleted') then 'team'
            when p_action like 'token_%' then 'token'
            else 'user'
        end
    );
    if v_admin is not null then
        v_payload := v_payload || pg_catalog.jsonb_build_object(
            'actor_id', '00000000-0000-0000-0000-000000000000',
            'actor_username', v_admin,
            'actor_via_sso', false
        );
        p_traits := coalesce(p_traits, '{}') || pg_catalog.jsonb_build_object(
            'user_id', v_user.id,
            'user_email', coalesce(v_user.email, ''),
            'user_phone', coalesce(v_user.phone, '')
        );
    elsif v_user.raw_user_meta_data ->> 'full_name' is not null then
        v_payload := v_payload || pg_catalog.jsonb_build_object(
            'actor_name', pg_catalog.left(v_user.raw_user_meta_data ->> 'full_name', 200)
        );
    end if;
    if p_traits is not null then
        v_payload := v_payload || pg_catalog.jsonb_build_object('traits', p_traits);
    end if;
    insert into auth.audit_log_entries (payload, ip_address)
    values (
        v_payload,
        coalesce(pg_catalog.left(pg_catalog.current_setting('app.client', true), 64), '')
    );
end;
$$;

reset role;
