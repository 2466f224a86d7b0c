-- Schemas, extensions, and default privileges that grant nothing: whoever may use a thing is named
-- by a grant beside that thing.

create schema if not exists extensions;
create schema if not exists auth;
create schema if not exists internal;
create schema if not exists vault;
create schema if not exists realtime;
alter schema auth owner to auth_admin;
alter schema internal owner to streamvibe_owner;
alter schema vault owner to streamvibe_owner;
alter schema realtime owner to streamvibe_owner;

create extension if not exists pg_stat_statements with schema extensions;
create extension if not exists pg_trgm with schema extensions;
create extension if not exists pgcrypto with schema extensions;
create extension if not exists unaccent with schema extensions;

-- pg_cron can live in one database of the cluster only, which the server's settings name
do $$
begin
    if pg_catalog.current_setting('cron.database_name', true) = pg_catalog.current_database() then
        create extension if not exists pg_cron;
    end if;
end;
$$;

-- PUBLIC's own defaults: EXECUTE on every function, USAGE on every type, TEMP and CONNECT
alter default privileges revoke execute on functions from public;
alter default privileges for role streamvibe_owner revoke execute on functions from public;
alter default privileges for role auth_admin revoke execute on functions from public;
revoke execute on all functions in schema extensions from public;
revoke all on all tables in schema extensions from public;

do $$
begin
    execute pg_catalog.format(
        'revoke all on database %I from public', pg_catalog.current_database()
    );
    execute pg_catalog.format(
        'grant connect on database %I to authenticator, edge, edge_service, auth_admin',
        pg_catalog.current_database()
    );
end;
$$;

revoke all on schema public from public;
grant usage, create on schema public to streamvibe_owner;
grant usage on schema public to anon, authenticated, service_role;

-- the owner's functions use the extensions; nobody else needs more than what is granted by name
grant usage on schema extensions to streamvibe_owner, anon, authenticated, service_role, auth_admin;
grant execute on all functions in schema extensions to streamvibe_owner;

grant usage on schema auth to streamvibe_owner, anon, authenticated, service_role;
grant usage on schema internal to service_role, edge, edge_service, edge_user, edge_visitor;
