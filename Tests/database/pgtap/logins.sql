-- login: edge
-- What a function's login can become: a visitor or a user, never who passes the policies by.

begin;
select plan(11);

create function pg_temp.became(p_role text) returns text language plpgsql as $$
begin
    execute format('set role %I', p_role);
    execute 'set role none';
    return 'yes';
exception
    when insufficient_privilege then return 'no';
end;
$$;

select is(pg_temp.became(r.role), r.may, 'edge becomes ' || r.role)
from (
    values
    ('edge_user', 'yes'),
    ('edge_visitor', 'yes'),
    ('service_role', 'no'),
    ('streamvibe_owner', 'no'),
    ('auth_admin', 'no'),
    ('authenticator', 'no'),
    ('edge_service', 'no')
) as r (role, may);
select is(
    (
        select count(*)
        from pg_catalog.pg_roles as r
        where (r.rolbypassrls or r.rolsuper) and pg_has_role('edge', r.oid, 'member')
    ), 0::bigint, 'nobody whom policies do not bind is within its reach'
);
select throws_ok('create schema mine', '42501', null, 'it makes no schema');
select ok(
    (
        select 'statement_timeout=8s' = any(s.setconfig)
        from pg_catalog.pg_db_role_setting as s
        where s.setrole = 'edge'::regrole
    ), 'a statement that sets no bound of its own has one'
);
select throws_ok(
    'select pg_read_file(''/etc/hostname'')', '42501', null, 'it reads no file of the server'
);

select finish();
rollback;
