-- What REST reads and calls: the catalog as its schema cache wants it, and the checks that make a
-- statement fail before it is committed. Nothing here is exposed.

create schema if not exists rest;
alter schema rest owner to streamvibe_owner;
revoke all on schema rest from public;
grant usage on schema rest to authenticator, anon, authenticated, service_role;

-- functions without a search path of their own find the extensions
do $$
begin
    -- roles are cluster-wide: two databases that are migrated at once take turns here
    lock table pg_catalog.pg_authid in share row exclusive mode;
    alter role authenticator set search_path = public, extensions;
end;
$$;

set role streamvibe_owner;

--
-- The catalog
--

-- Every table and view that is not PostgreSQL's own. `verbs`: 1 insert, 2 update, 4 delete.
create or replace view rest.relation as
select
    c.oid::bigint as id,
    n.nspname::text as schema_name,
    c.relname::text as relation_name,
    case
        when c.relkind in ('r', 'p') then 7
        else
            (pg_catalog.pg_relation_is_updatable(c.oid, true) & 8) / 8
            + (pg_catalog.pg_relation_is_updatable(c.oid, true) & 4) / 2
            + (pg_catalog.pg_relation_is_updatable(c.oid, true) & 16) / 4
    end as verbs
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not c.relispartition
    and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_';

-- The columns of every composite type: of tables, of views, and of types made by hand.
create or replace view rest.relation_column as
select
    a.attrelid::bigint as relation_id,
    a.attnum as number,
    a.attname::text as column_name,
    tn.nspname::text as type_schema,
    t.typname::text as type_name,
    bn.nspname::text as base_schema,
    b.typname::text as base_name
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on a.attrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_type as t on a.atttypid = t.oid
inner join pg_catalog.pg_namespace as tn on t.typnamespace = tn.oid
left join pg_catalog.pg_type as d on t.typbasetype = d.oid
inner join pg_catalog.pg_type as b
    on b.oid = coalesce(nullif(d.typbasetype, 0), nullif(t.typbasetype, 0), t.oid)
inner join pg_catalog.pg_namespace as bn on b.typnamespace = bn.oid
where
    a.attnum > 0
    and not a.attisdropped
    and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
    and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_';

-- Primary, unique and foreign keys; those of partitions are their table's.
create or replace view rest.relation_key as
select
    k.conrelid::bigint as relation_id,
    k.contype::text as kind,
    k.conname::text as key_name,
    k.conkey::integer [] as column_numbers,
    k.confrelid::bigint as target_id,
    coalesce(k.confkey::integer [], '{}') as target_numbers
from pg_catalog.pg_constraint as k
where k.contype in ('p', 'u', 'f') and k.conrelid <> 0 and k.conparentid = 0;

-- What each view is made of, as PostgreSQL keeps it: where its columns come from is in there.
create or replace view rest.view_rule as
select
    r.ev_class::bigint as relation_id,
    r.ev_action::text as query_tree
from pg_catalog.pg_rewrite as r
inner join pg_catalog.pg_class as c on r.ev_class = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    r.ev_type = '1'
    and c.relkind in ('v', 'm')
    and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_';

-- What a setting of time means in milliseconds; no end is a day.
create or replace function rest.milliseconds(p_value text)
returns bigint
language sql stable strict
set search_path = ''
as $$
    select coalesce(nullif(pg_catalog.round(case
        when p_value ~ '^[0-9.]+$' then p_value::numeric
        else 1000 * extract(epoch from p_value::interval)
    end), 0), 86400000)::bigint
$$;

-- What the roles of requests have set for themselves, for this database or for all, and may set.
-- Who a request is, and what it is, is not for them to say.
create or replace view rest.role_setting as
with own as (
    select
        r.oid as role_id,
        r.rolname::text as role_name,
        d.setdatabase,
        pg_catalog.lower(pg_catalog.split_part(c.item, '=', 1)) as setting_name,
        pg_catalog.substr(c.item, pg_catalog.strpos(c.item, '=') + 1) as setting_value
    from pg_catalog.pg_db_role_setting as d
    inner join pg_catalog.pg_roles as r on d.setrole = r.oid
    inner join pg_catalog.pg_database as b
        on b.datname = pg_catalog.current_database() and d.setdatabase in (0, b.oid)
    cross join lateral pg_catalog.unnest(d.setconfig) as c (item)
    where r.rolname in ('anon', 'authenticated', 'service_role')
)

select distinct on (o.role_name, o.setting_name)
    o.role_name,
    o.setting_name,
    o.setting_value,
    case
        when o.setting_name = 'statement_timeout' then rest.milliseconds(o.setting_value)
    end as milliseconds
from own as o
left join pg_catalog.pg_settings as s on o.setting_name = pg_catalog.lower(s.name)
where
    case
        when s.name is null then o.setting_name ~ '[.]'
        else
            s.context = 'user'
            or pg_catalog.has_parameter_privilege(o.role_id, s.name, 'set')
    end
    and o.setting_name !~ '^(role|session_authorization|transaction_.*)$'
    and o.setting_name !~ '^(request|response|rest)[.]'
order by o.role_name asc, o.setting_name asc, o.setdatabase desc;

-- Functions, a row each. `modes`: i in, o out, b both, v variadic, t column of the result. Defaults
-- belong to the last of those that go in. `result_kind` is c for a row, p for a pseudo-type. The
-- last two are settings of its own that have to hold before it begins.
create or replace view rest.routine as
select
    p.oid::bigint as id,
    n.nspname::text as schema_name,
    p.proname::text as routine_name,
    p.provolatile::text as volatility,
    p.proretset as returns_set,
    p.pronargdefaults::integer as default_count,
    r.typname::text as result_name,
    coalesce(rb.typtype, r.typtype)::text as result_kind,
    coalesce(rb.typrelid, r.typrelid)::bigint as result_relation_id,
    a.parameter_names,
    a.modes,
    a.type_schemas,
    a.type_names,
    (
        select rest.milliseconds(pg_catalog.substr(c.item, 19))
        from pg_catalog.unnest(p.proconfig) as c (item)
        where c.item ~ '^statement_timeout='
    ) as milliseconds,
    (
        select pg_catalog.substr(c.item, 31)
        from pg_catalog.unnest(p.proconfig) as c (item)
        where c.item ~ '^default_transaction_isolation='
    ) as isolation_level
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_type as r on p.prorettype = r.oid
left join pg_catalog.pg_type as rb on r.typbasetype = rb.oid and rb.typtype = 'c'
cross join
    lateral (
        select
            coalesce(
                pg_catalog.array_agg(coalesce(p.proargnames[x.place], '') order by x.place), '{}'
            ) as parameter_names,
            coalesce(
                pg_catalog.array_agg(
                    coalesce(
                        p.proargmodes[x.place]::text,
                        case when p.provariadic <> 0 and x.place = p.pronargs then 'v' else 'i' end
                    ) order by x.place
                ), '{}'
            ) as modes,
            coalesce(
                pg_catalog.array_agg(tn.nspname::text order by x.place), '{}'
            ) as type_schemas,
            coalesce(pg_catalog.array_agg(t.typname::text order by x.place), '{}') as type_names
        from
            pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::oid []))
            with ordinality as x (type_id, place)
        inner join pg_catalog.pg_type as t on x.type_id = t.oid
        inner join pg_catalog.pg_namespace as tn on t.typnamespace = tn.oid
    ) as a
where
    p.prokind = 'f'
    and r.typname not in ('trigger', 'event_trigger', 'internal', 'language_handler')
    and n.nspname <> 'information_schema'
    and n.nspname !~ '^pg_';

-- What a column can be cast to.
create or replace view rest.cast_target as
select
    n.nspname::text as type_schema,
    t.typname::text as type_name
from pg_catalog.pg_type as t
inner join pg_catalog.pg_namespace as n on t.typnamespace = n.oid
where
    t.typtype in ('b', 'd', 'e', 'r', 'm')
    and t.typcategory <> 'A'
    and n.nspname !~ '^pg_toast|^pg_temp|^information_schema$';

--
-- Checks
--

-- Ends the request, and with it the transaction, with an answer of REST's own.
create or replace function rest.refuse(
    p_status integer,
    p_code text,
    p_message text,
    p_details text
)
returns void
language plpgsql
set search_path = ''
as $$
begin
    raise exception using
        errcode = 'PGRST',
        message = pg_catalog.json_build_object(
            'code', p_code, 'message', p_message, 'details', p_details, 'hint', null
        )::text,
        detail = pg_catalog.json_build_object(
            'status', p_status, 'headers', pg_catalog.json_build_object()
        )::text;
end;
$$;

-- The count, which must be 1 where a single object is wanted.
create or replace function rest.single(p_count bigint)
returns bigint
language plpgsql
set search_path = ''
as $$
begin
    if p_count <> 1 then
        perform rest.refuse(
            406, 'PGRST116', 'Cannot coerce the result to a single JSON object',
            pg_catalog.format('The result contains %s rows', p_count)
        );
    end if;
    return p_count;
end;
$$;

-- The count, which must not be above what the caller expects a write to touch.
create or replace function rest.at_most(p_count bigint, p_limit bigint)
returns bigint
language plpgsql
set search_path = ''
as $$
begin
    if p_count > p_limit then
        perform rest.refuse(
            400, 'PGRST124', 'Query result exceeds max-affected preference constraint',
            pg_catalog.format('The query affects %s rows', p_count)
        );
    end if;
    return p_count;
end;
$$;

-- The count, which must be 1: a PUT writes the one row that its address names.
create or replace function rest.put_one(p_count bigint)
returns bigint
language plpgsql
set search_path = ''
as $$
begin
    if p_count <> 1 then
        perform rest.refuse(
            400, 'PGRST115', 'Payload values do not match URL in primary key column(s)', null
        );
    end if;
    return p_count;
end;
$$;

-- What a function set `response.headers` to: an array of objects, each of one name and its text. In
-- the statement itself, so that nothing is kept of a request whose answer can't be given.
create or replace function rest.answer_headers(p_headers text)
returns jsonb
language plpgsql stable strict
set search_path = ''
as $$
declare
    v_headers jsonb;
begin
    begin
        v_headers := p_headers::jsonb;
    exception when data_exception then
        v_headers := 'null';
    end;
    if
        pg_catalog.jsonb_typeof(v_headers) <> 'array'
        or exists (
            select
            from pg_catalog.jsonb_array_elements(v_headers) as header (item)
            where
                pg_catalog.jsonb_path_query_array(
                    header.item, 'strict $.keyvalue().value.type()', '{}', true
                ) <> '["string"]'
        )
    then
        perform rest.refuse(
            500, 'PGRST111',
            'response.headers guc must be a JSON array composed of objects'
            || ' with a single key and a string value',
            null
        );
    end if;
    return v_headers;
end;
$$;

-- What a function set `response.status` to.
create or replace function rest.answer_status(p_status text)
returns integer
language plpgsql stable strict
set search_path = ''
as $$
begin
    if p_status !~ '^[2-5][0-9][0-9]$' then
        perform rest.refuse(
            500, 'PGRST112', 'response.status guc must be a valid status code', null
        );
    end if;
    return p_status::integer;
end;
$$;

-- Counts the rows that an upsert inserts: up by one for each row that is offered, down again for
-- each that turns out to be there. Always true.
create or replace function rest.count_inserted(p_step integer)
returns boolean
language sql
set search_path = ''
as $$
    select pg_catalog.set_config(
        'rest.inserted',
        (
            coalesce(nullif(pg_catalog.current_setting('rest.inserted', true), ''), '0')::bigint
            + p_step
        )::text,
        true
    ) is not null
$$;

-- A field of a line of CSV (RFC 4180); null is empty.
create or replace function rest.csv_field(p_value text)
returns text
language sql immutable
set search_path = ''
as $$
    select case
        when p_value is null then ''
        when p_value = '' or p_value ~ '[",\r\n]'
            then '"' || pg_catalog.replace(p_value, '"', '""') || '"'
        else p_value
    end
$$;

revoke execute on all functions in schema rest from public;
revoke all on all tables in schema rest from public;

grant select on table
rest.relation,
rest.relation_column,
rest.relation_key,
rest.view_rule,
rest.routine,
rest.role_setting,
rest.cast_target
to authenticator;

grant execute on function rest.milliseconds(text) to authenticator;

grant execute on function
rest.refuse(integer, text, text, text),
rest.single(bigint),
rest.at_most(bigint, bigint),
rest.put_one(bigint),
rest.answer_headers(text),
rest.answer_status(text),
rest.count_inserted(integer),
rest.csv_field(text)
to anon, authenticated, service_role;

reset role;
