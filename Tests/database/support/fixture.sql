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

-- A key that the vault takes plain secrets in with. Nobody has its other half here.
create function test.intake() returns bytea language sql immutable
as $$ select decode('
    zv8AAAMNBAAAAAAQDAD//////////8kP2qIhaMI0xMZii4DcHNEpAk4IimfMdAILvqY7E5siUUoIeY40BN3vlRmzzTpD
    GzArCm3yXxQ3T+E1bW1RwkXkhbV2Yl5+xvRMQummN+1rC/9ctvQGt+3uOGv7Womfpa6fJBF8Sx/mSShmUezkWz3CAHy4
    oWO/BZjaSDYcVdOaaRY/qP0kz1+DZV0j3KOtlhxi81YghVK7ntUpB3CWlm1nDDVOSryYBPF0bAjKGCF8MpBeRi42zjvj
    nncsGA6GA5sng6LsB6KPtcVd8G9MUsneK8v2lVgXGDmVSXzqlWrlFdImGJj6BRAVco5aiqrELa0zFw0EUHozqFUhq98c
    umTs+4UEWNvvCorqcVddBgx9s5cPhabh5Mer9a6M2wkz1x6MlOBKJWGdzuPSJhrS7mvxL/oG2YoIZNh2AnM+yGpkUh8r
    GBd7IAy74RdXemFdbHcJiMC62UbiCOJPoHTlqzFD21v84P0QjkuC0SCpOtLK//////////8AAgIL/ji1IXkQ6q6/8ifC
    7CnvAlR1PXO8QNfNVMaq/csDpjiYeWQT0D5B2oq1jCTf9D7V6Tp7wqsqs8kBT1YGu65/hSj26U0EIUK4/7iQ33sh+TU7
    MOQ9KuBuT7CmwmAN5A2FrWHypolBt8znHJ6fTxvcsy4CDfUs6grbsfhzo19y/uehdBvm+q4M1TJCD+V/yAOE4Pqumoba
    xkiCQ+p8iCpSgxgs2QvsootSCV3NEkL7cc+0nIhXt/6ha65JZ+nM+6WdJg64RGeXeJwqzXbBv5mBzEYtu+UXdKHzg0PJ
    GVtXr9L7PQ0z7NeFKOcOnUp2+cDJa+bbaj20T76ONlusuJqAkKt2XmFRg5bILdFrmgk+5O52SKXjy7h0Czk5tJwJB+aX
    EIGFm5IXORcliGrHuIgB39iIOd3EVIXIFS2A6P/Z+003gdqULLMk9RWd0tRrcKBTv9BCly5UlWbeUkbggQruFoDnnfwF
    fEL1GRzVrqR5jtTIm+4neMshr54PhQYpMlV3hw==
', 'base64') $$;

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

-- The same of a view.
create function test.spoil_view(p_view regclass, p_part text, p_other text) returns void
language plpgsql
as $$
declare
    v_text text := pg_get_viewdef(p_view);
begin
    if position(p_part in v_text) = 0 then
        raise exception '% holds no %', p_view, p_part;
    end if;
    execute format('create or replace view %s as %s', p_view, replace(v_text, p_part, p_other));
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

-- Which secrets the vault holds; nobody else may look.
create function test.secrets() returns table (id uuid, name text) language sql security definer
as $$ select s.id, s.name from vault.secrets as s $$;

grant usage on schema tap, test to public;
grant execute on all functions in schema tap, test to public;
