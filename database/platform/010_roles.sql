-- The logins and roles, which every database of the cluster shares; passwords are set by
-- scripts/migrate. Roles hold no privilege of their own until a grant names them.
--
--   anon, authenticated, service_role   what a request acts as through REST
--   edge_visitor, edge_user             the same inside functions, which may call `internal` too
--   authenticator, edge, edge_service   logins that may become those and hold nothing else
--   auth_admin                          login that owns the schema `auth`
--   streamvibe_owner                    owns tables and definer functions; nobody logs in as it

do $$
declare
    v_role record;
begin
    -- roles are cluster-wide: two databases that are migrated at once take turns here
    lock table pg_catalog.pg_authid in share row exclusive mode;

    for v_role in
        select * from (values
            ('streamvibe_owner', 'nologin bypassrls'),
            ('anon', 'nologin noinherit'),
            ('authenticated', 'nologin noinherit'),
            ('service_role', 'nologin noinherit bypassrls'),
            ('edge_visitor', 'nologin inherit'),
            ('edge_user', 'nologin inherit'),
            ('authenticator', 'login noinherit'),
            ('edge', 'login noinherit'),
            ('edge_service', 'login noinherit'),
            ('auth_admin', 'login noinherit')
        ) as wanted (name, attributes)
    loop
        if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_role.name) then
            execute pg_catalog.format('create role %I', v_role.name);
        end if;
        execute pg_catalog.format(
            'alter role %I nosuperuser nocreatedb nocreaterole noreplication %s',
            v_role.name, v_role.attributes
        );
    end loop;

    grant anon to edge_visitor;
    grant authenticated to edge_user;
    grant anon, authenticated, service_role to authenticator;
    grant edge_visitor, edge_user to edge;
    grant edge_visitor, edge_user, service_role to edge_service;

    -- backstops: a request sets its own, shorter ones
    alter role authenticator set statement_timeout = '8s';
    alter role edge set statement_timeout = '8s';
    alter role edge_service set statement_timeout = '60s';
    alter role auth_admin set statement_timeout = '8s';
    alter role authenticator set idle_in_transaction_session_timeout = '60s';
    alter role edge set idle_in_transaction_session_timeout = '60s';
    alter role edge_service set idle_in_transaction_session_timeout = '60s';
    alter role auth_admin set idle_in_transaction_session_timeout = '60s';
end;
$$;
