-- What every module's functions share: who calls, how a request is refused, how a row's time of
-- change is kept.

set role streamvibe_owner;

-- Whether the statement runs for the backend itself: as the service role, as the owner, or by a
-- superuser without a role. The role in force counts, and no claim: a definer function's
-- current_user would always be its owner.
create or replace function internal.is_service()
returns boolean
language sql stable
set search_path = ''
as $$
    select case pg_catalog.current_setting('role')
        when 'none' then pg_catalog.pg_has_role(session_user, 'service_role', 'usage')
        else pg_catalog.current_setting('role') in ('service_role', 'streamvibe_owner')
    end
$$;

-- Refuses with what the client may be told: the message, and in the detail the envelope's code and
-- details. The SQLSTATE is `PT` and the HTTP status.
create or replace function internal.refuse(
    p_status integer,
    p_code text,
    p_message text,
    p_details jsonb default null
)
returns void
language plpgsql
set search_path = ''
as $$
begin
    raise exception using
        errcode = 'PT' || p_status::text,
        message = p_message,
        detail = pg_catalog.jsonb_build_object('code', p_code, 'details', p_details)::text;
end;
$$;

-- The acting user; raises 42501 when nobody is signed in.
create or replace function internal.acting_user()
returns uuid
language plpgsql stable
set search_path = ''
as $$
declare
    v_user_id uuid := auth.uid();
begin
    if v_user_id is null then
        raise exception 'a signed-in user is needed' using errcode = '42501';
    end if;
    return v_user_id;
end;
$$;

-- Takes nobody's word for who calls: raises 42501 unless the user is the caller, or the caller is
-- the backend itself.
create or replace function internal.require_self(p_user_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
    if auth.uid() = p_user_id or internal.is_service() then
        return;
    end if;
    raise exception 'this is not yours to ask about or to change' using errcode = '42501';
end;
$$;

-- The trigger `update_updated_at` of every table whose rows change.
create or replace function internal.update_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end;
$$;

reset role;
