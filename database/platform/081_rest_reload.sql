-- Tells REST that the schema has changed: the notification leaves with the commit of what changed
-- it, so that the schema cache is never older than that.

set role streamvibe_owner;

create or replace function rest.reload_after_change()
returns event_trigger
language plpgsql
set search_path = ''
as $$
begin
    if exists (
        select
        from pg_catalog.pg_event_trigger_ddl_commands() as c
        where
            c.schema_name is distinct from 'pg_temp'
            and c.command_tag in (
                'CREATE SCHEMA', 'ALTER SCHEMA',
                'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE',
                'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE',
                'CREATE VIEW', 'ALTER VIEW',
                'CREATE MATERIALIZED VIEW', 'ALTER MATERIALIZED VIEW',
                'CREATE FUNCTION', 'ALTER FUNCTION',
                'CREATE TYPE', 'ALTER TYPE', 'CREATE DOMAIN', 'ALTER DOMAIN',
                'CREATE TRIGGER', 'CREATE RULE', 'CREATE EXTENSION', 'ALTER EXTENSION'
            )
    ) then
        notify pgrst, 'reload schema';
    end if;
end;
$$;

create or replace function rest.reload_after_drop()
returns event_trigger
language plpgsql
set search_path = ''
as $$
begin
    if exists (
        select
        from pg_catalog.pg_event_trigger_dropped_objects() as d
        where
            not d.is_temporary
            and d.object_type in (
                'schema', 'table', 'foreign table', 'view', 'materialized view', 'table column',
                'table constraint', 'function', 'type', 'domain', 'trigger', 'rule', 'extension'
            )
    ) then
        notify pgrst, 'reload schema';
    end if;
end;
$$;

revoke execute on function rest.reload_after_change(), rest.reload_after_drop() from public;

reset role;

-- only a superuser may have them
do $$
begin
    drop event trigger if exists rest_reload_after_change;
    create event trigger rest_reload_after_change on ddl_command_end
    execute function rest.reload_after_change();
    drop event trigger if exists rest_reload_after_drop;
    create event trigger rest_reload_after_drop on sql_drop
    execute function rest.reload_after_drop();
end;
$$;
