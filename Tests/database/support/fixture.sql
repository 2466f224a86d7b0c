-- What every test database holds: pgTAP, three people, and the words with which a test acts as one.

create schema tap;
create extension pgtap with schema tap;
create schema test;

do $$
begin
    execute format('grant temporary on database %I to public', current_database());
end;
$$;

set session authorization auth_admin;
insert into auth.users (id, email) values
('0000000a-0000-4000-8000-000000000000', 'ann@example.com'),
('0000000b-0000-4000-8000-000000000000', 'bob@example.com'),
('0000000c-0000-4000-8000-000000000000', 'ada@example.com');
reset session authorization;

set role streamvibe_owner;
insert into public.user_role (user_id, role)
values ('0000000c-0000-4000-8000-000000000000', 'admin');
insert into public.notification (user_id, type, title, message) values
('0000000a-0000-4000-8000-000000000000', 'info', 'Welcome', 'It begins.'),
('0000000b-0000-4000-8000-000000000000', 'info', 'Welcome', 'It begins.'),
('0000000c-0000-4000-8000-000000000000', 'info', 'Welcome', 'It begins.');
insert into public.audit_log (action, entity_type) values ('begin', 'test');
insert into public.cache_store (key, value, category) values ('k', '1', 'test');
reset role;

create function test.ann() returns uuid language sql immutable
as $$ select '0000000a-0000-4000-8000-000000000000'::uuid $$;

create function test.bob() returns uuid language sql immutable
as $$ select '0000000b-0000-4000-8000-000000000000'::uuid $$;

create function test.ada() returns uuid language sql immutable
as $$ select '0000000c-0000-4000-8000-000000000000'::uuid $$;

-- From here on to the end of the transaction the session is a request of this user's.
create function test.act(p_role text, p_user_id uuid default null) returns void language sql
as $$
    select
        set_config('role', p_role, true),
        set_config('request.jwt.claims', jsonb_strip_nulls(jsonb_build_object(
            'sub', p_user_id,
            'role', case p_role
                when 'edge_user' then 'authenticated'
                when 'edge_visitor' then 'anon'
                else p_role
            end
        ))::text, true)
$$;

-- What a statement is refused with: SQLSTATE and detail; null when it is not.
create function test.refusal(p_statement text, out state text, out detail jsonb) language plpgsql
as $$
declare
    v_detail text;
begin
    execute p_statement;
exception
    when others then
        get stacked diagnostics state = returned_sqlstate, v_detail = pg_exception_detail;
        detail := case when left(v_detail, 1) = '{' then v_detail end;
end;
$$;

-- Puts a fault into a function, for a twin: a part of its text becomes another.
create function test.spoil(p_function regprocedure, p_part text, p_other text) returns void
language plpgsql
as $$
declare
    v_text text := pg_get_functiondef(p_function);
begin
    if position(p_part in v_text) = 0 then
        raise exception '% holds no %', p_function, p_part;
    end if;
    execute replace(v_text, p_part, p_other);
end;
$$;

-- How many rows a statement touches; null when it is forbidden.
create function test.touched(p_statement text) returns integer language plpgsql
as $$
declare
    v_count integer;
begin
    execute p_statement;
    get diagnostics v_count = row_count;
    return v_count;
exception
    when insufficient_privilege then return null;
end;
$$;

grant usage on schema tap, test to public;
grant execute on all functions in schema tap, test to public;
