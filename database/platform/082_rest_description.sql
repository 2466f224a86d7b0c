-- What REST answers at its root: an OpenAPI 2.0 description, in PostgREST's form, of what the role
-- that asks may use in one schema. Run as that role; it reads nothing but PostgreSQL's own catalog.

set role streamvibe_owner;

-- A type as JSON schema has it, and under `format` as PostgreSQL calls it.
create or replace function rest.described_type(p_type oid, p_modifier integer)
returns jsonb
language sql stable
set search_path = ''
as $$
    select pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'format', f.format,
        'type', case
            when base.typcategory = 'A' then 'array'
            when base.typname in ('int2', 'int4', 'int8') then 'integer'
            when base.typname in ('float4', 'float8', 'numeric') then 'number'
            when base.typname = 'bool' then 'boolean'
            when base.typname not in ('json', 'jsonb') then 'string'
        end,
        'items', case
            when base.typcategory = 'A' and base.typelem <> base.oid
                then rest.described_type(base.typelem, -1) - 'format' - 'enum'
        end,
        'maxLength', case
            when base.typname in ('varchar', 'bpchar') and p_modifier > 4 then p_modifier - 4
        end,
        'enum', (
            select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder)
            from pg_catalog.pg_enum as e
            where e.enumtypid = base.oid
        )
    ))
    from pg_catalog.pg_type as t
    inner join pg_catalog.pg_type as base on coalesce(nullif(t.typbasetype, 0), t.oid) = base.oid
    cross join lateral (select pg_catalog.format_type(t.oid, null) as format) as f
    where t.oid = p_type
$$;

-- A column's default: a value where it is one, else as it is written.
create or replace function rest.described_default(p_text text, p_kind text)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select case
        when p_kind in ('integer', 'number') and p_text ~ '^-?[0-9]+(\.[0-9]+)?$' then p_text::jsonb
        when p_kind in ('integer', 'number') then null
        when p_kind = 'boolean' and p_text in ('true', 'false') then p_text::jsonb
        when p_kind = 'boolean' then null
        when p_text ~ '^''([^'']|'''')*''::[^'']+$'
            then pg_catalog.to_jsonb(pg_catalog.replace(
                pg_catalog.regexp_replace(p_text, '^''(.*)''::[^'']+$', '\1'), '''''', ''''
            ))
        else pg_catalog.to_jsonb(p_text)
    end
$$;

-- The columns of a relation that the role may read or write, and what is said of each.
create or replace function rest.described_columns(p_relation oid)
returns table (column_name text, place integer, is_required boolean, description jsonb)
language sql stable
set search_path = ''
as $$
    select
        a.attname::text,
        a.attnum::integer,
        a.attnotnull and not a.atthasdef and a.attidentity = '',
        pg_catalog.jsonb_strip_nulls(t.described || pg_catalog.jsonb_build_object(
            'default',
            case
                when a.attgenerated = '' then rest.described_default(
                    pg_catalog.pg_get_expr(d.adbin, d.adrelid), t.described ->> 'type'
                )
            end,
            'description',
            nullif(pg_catalog.concat_ws(
                e'\n\n', pg_catalog.col_description(a.attrelid, a.attnum), k.note
            ), '')
        ))
    from pg_catalog.pg_attribute as a
    cross join
        lateral (select rest.described_type(a.atttypid, a.atttypmod) as described) as t
    left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
    left join
        lateral (
            select
                e'Note:\n' || pg_catalog.string_agg(
                    case
                        when c.contype = 'p' then 'This is a Primary Key.<pk/>'
                        else pg_catalog.format(
                            'This is a Foreign Key to `%1$s.%2$s`.'
                            || '<fk table=''%1$s'' column=''%2$s''/>',
                            f.relname, fa.attname
                        )
                    end, e'\n' order by c.contype desc, c.conname
                ) as note
            from pg_catalog.pg_constraint as c
            left join pg_catalog.pg_class as f on c.confrelid = f.oid
            left join pg_catalog.pg_attribute as fa
                on c.confrelid = fa.attrelid and c.confkey[1] = fa.attnum
            where
                c.conrelid = a.attrelid
                and a.attnum = any(c.conkey)
                and (
                    c.contype = 'p'
                    or c.contype = 'f' and pg_catalog.cardinality(c.conkey) = 1
                )
        ) as k on true
    where
        a.attrelid = p_relation
        and a.attnum > 0
        and not a.attisdropped
        and pg_catalog.has_column_privilege(
            a.attrelid, a.attnum, 'select, insert, update, references'
        )
$$;

-- A parameter of a query, named among those that all paths share.
create or replace function rest.described_reference(p_name text)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select pg_catalog.jsonb_build_object('$ref', '#/parameters/' || p_name)
$$;

-- The path of a table or view: an operation for each verb that the role may use and that it can do.
create or replace function rest.described_path(
    p_relation oid, p_name text, p_verbs integer, p_columns text []
)
returns jsonb
language sql stable
set search_path = ''
as $$
    with c as (
        select
            p_verbs as verbs,
            pg_catalog.jsonb_agg(
                rest.described_reference(pg_catalog.format('rowFilter.%s.%s', p_name, n.name))
                order by n.place
            ) as filters,
            pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                'tags', pg_catalog.jsonb_build_array(p_name),
                'summary',
                pg_catalog.split_part(pg_catalog.obj_description(p_relation, 'pg_class'), e'\n', 1),
                'description',
                nullif(pg_catalog.regexp_replace(
                    pg_catalog.obj_description(p_relation, 'pg_class'), e'^[^\n]*\n*', ''
                ), '')
            )) as common,
            pg_catalog.jsonb_build_array(
                rest.described_reference('body.' || p_name)
            ) as body
        from pg_catalog.unnest(p_columns) with ordinality as n (name, place)
    )

    select pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'get', case
            when pg_catalog.has_table_privilege(p_relation, 'select')
                or pg_catalog.has_any_column_privilege(p_relation, 'select')
                then c.common || pg_catalog.jsonb_build_object(
                    'parameters',
                    c.filters || (
                        select pg_catalog.jsonb_agg(rest.described_reference(p.name))
                        from pg_catalog.unnest('{
                            select,order,range,rangeUnit,offset,limit,preferCount
                        }'::text []) as p (name)
                    ),
                    'responses', pg_catalog.jsonb_build_object(
                        '200', pg_catalog.jsonb_build_object(
                            'description', 'OK',
                            'schema', pg_catalog.jsonb_build_object(
                                'type', 'array',
                                'items', pg_catalog.jsonb_build_object(
                                    '$ref', '#/definitions/' || p_name
                                )
                            )
                        ),
                        '206', '{"description": "Partial Content"}'::jsonb
                    )
                )
        end,
        'post', case
            when c.verbs & 1 <> 0
                and pg_catalog.has_any_column_privilege(p_relation, 'insert')
                then c.common || pg_catalog.jsonb_build_object(
                    'parameters', c.body
                    || rest.described_reference('select')
                    || rest.described_reference('preferPost'),
                    'responses', '{"201": {"description": "Created"}}'::jsonb
                )
        end,
        'patch', case
            when c.verbs & 2 <> 0
                and pg_catalog.has_any_column_privilege(p_relation, 'update')
                then c.common || pg_catalog.jsonb_build_object(
                    'parameters', c.filters || c.body || rest.described_reference('preferReturn'),
                    'responses', '{"204": {"description": "No Content"}}'::jsonb
                )
        end,
        'delete', case
            when c.verbs & 4 <> 0 and pg_catalog.has_table_privilege(p_relation, 'delete')
                then c.common || pg_catalog.jsonb_build_object(
                    'parameters', c.filters || rest.described_reference('preferReturn'),
                    'responses', '{"204": {"description": "No Content"}}'::jsonb
                )
        end
    ))
    from c
$$;

-- The path of a function: POST, and GET where it changes nothing. Of overloaded ones the one with
-- the most parameters is described.
create or replace function rest.described_call(p_routine oid)
returns jsonb
language sql stable
set search_path = ''
as $$
    with a as (
        select
            coalesce(p.proargnames[x.place], '') as parameter_name,
            x.place,
            coalesce(p.proargmodes[x.place]::text, 'i') = 'v' as is_variadic,
            row_number() over (order by x.place) <= p.pronargs - p.pronargdefaults
            and coalesce(p.proargmodes[x.place]::text, 'i') <> 'v' as is_required,
            rest.described_type(x.type_id, -1) as described
        from pg_catalog.pg_proc as p
        cross join
            lateral pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::oid []))
            with ordinality as x (type_id, place)
        where
            p.oid = p_routine
            and coalesce(p.proargmodes[x.place]::text, 'i') in ('i', 'b', 'v')
    ),

    r as (
        select
            p.provolatile,
            pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                'tags', pg_catalog.jsonb_build_array('(rpc) ' || p.proname),
                'summary',
                pg_catalog.split_part(pg_catalog.obj_description(p.oid, 'pg_proc'), e'\n', 1),
                'description',
                nullif(pg_catalog.regexp_replace(
                    pg_catalog.obj_description(p.oid, 'pg_proc'), e'^[^\n]*\n*', ''
                ), ''),
                'produces', '[
                    "application/json", "application/vnd.pgrst.object+json;nulls=stripped",
                    "application/vnd.pgrst.object+json"
                ]'::jsonb,
                'responses', '{"200": {"description": "OK"}}'::jsonb
            )) as common,
            (
                select
                    coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_strip_nulls(
                        pg_catalog.jsonb_build_object(
                            'name', a.parameter_name, 'in', 'query', 'required', a.is_required,
                            'type', coalesce(a.described ->> 'type', 'string'),
                            'format', a.described ->> 'format', 'items', a.described -> 'items',
                            'collectionFormat', case when a.is_variadic then 'multi' end
                        )
                    ) order by a.place), '[]')
                from a
                where a.parameter_name <> ''
            ) as in_query,
            (
                select
                    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                        'type', 'object',
                        'properties',
                        coalesce(
                            pg_catalog.jsonb_object_agg(a.parameter_name, a.described)
                            filter (where a.parameter_name <> ''), '{}'
                        ),
                        'required',
                        pg_catalog.jsonb_agg(a.parameter_name order by a.place)
                        filter (where a.parameter_name <> '' and a.is_required)
                    ))
                from a
            ) as in_body
        from pg_catalog.pg_proc as p
        where p.oid = p_routine
    )

    select pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'get', case
            when r.provolatile <> 'v'
                then r.common || pg_catalog.jsonb_build_object('parameters', r.in_query)
        end,
        'post', r.common || pg_catalog.jsonb_build_object(
            'parameters', pg_catalog.jsonb_build_array(
                pg_catalog.jsonb_build_object(
                    'name', 'args', 'in', 'body', 'required', true, 'schema', r.in_body
                )
            )
        )
    ))
    from r
$$;

-- The whole description of a schema as the role sees it; p_base is where its paths begin.
create or replace function rest.description(
    p_schema text, p_scheme text, p_host text, p_base text
)
returns json
language sql stable
set search_path = ''
as $$
    with own as (
        select
            n.oid as id,
            pg_catalog.obj_description(n.oid, 'pg_namespace') as words
        from pg_catalog.pg_namespace as n
        where n.nspname = p_schema and pg_catalog.has_schema_privilege(n.oid, 'usage')
    ),

    relation as materialized (
        select
            c.oid as id,
            c.relname::text as relation_name,
            case
                when c.relkind in ('r', 'p') then 7
                else
                    (u.mask & 8) / 8 + (u.mask & 4) / 2 + (u.mask & 16) / 4
            end as verbs,
            pg_catalog.obj_description(c.oid, 'pg_class') as words
        from own
        inner join pg_catalog.pg_class as c on own.id = c.relnamespace
        cross join
            lateral (select pg_catalog.pg_relation_is_updatable(c.oid, true) as mask) as u
        where
            c.relkind in ('r', 'p', 'v', 'm', 'f')
            and not c.relispartition
            and (
                pg_catalog.has_table_privilege(c.oid, 'select, insert, update, delete')
                or pg_catalog.has_any_column_privilege(c.oid, 'select, insert, update')
            )
    ),

    relation_column as materialized (
        select
            r.id,
            r.relation_name,
            k.*
        from relation as r
        cross join lateral rest.described_columns(r.id) as k
    ),

    described as materialized (
        select
            r.*,
            k.names,
            k.properties,
            k.required
        from relation as r
        cross join
            lateral (
                select
                    coalesce(pg_catalog.array_agg(c.column_name order by c.place), '{}') as names,
                    coalesce(
                        pg_catalog.jsonb_object_agg(c.column_name, c.description), '{}'
                    ) as properties,
                    pg_catalog.jsonb_agg(c.column_name order by c.place)
                    filter (where c.is_required) as required
                from relation_column as c
                where c.id = r.id
            ) as k
    ),

    routine as (
        select distinct on (p.proname)
            p.oid as id,
            p.proname::text as routine_name
        from own
        inner join pg_catalog.pg_proc as p on own.id = p.pronamespace
        inner join pg_catalog.pg_type as t on p.prorettype = t.oid
        where
            p.prokind = 'f'
            and t.typname not in ('trigger', 'event_trigger', 'internal', 'language_handler')
            and pg_catalog.has_function_privilege(p.oid, 'execute')
        order by p.proname, p.pronargs desc, p.oid
    )

    select pg_catalog.json_build_object(
        'swagger', '2.0',
        'info', pg_catalog.json_build_object(
            'title', coalesce(
                nullif(pg_catalog.split_part((select own.words from own), e'\n', 1), ''),
                p_schema || ' schema'
            ),
            'description', coalesce(
                pg_catalog.regexp_replace((select own.words from own), e'^[^\n]*\n*', ''), ''
            ),
            'version', '1'
        ),
        'host', p_host,
        'basePath', p_base,
        'schemes', pg_catalog.json_build_array(p_scheme),
        'consumes', '[
            "application/json", "application/vnd.pgrst.object+json;nulls=stripped",
            "application/vnd.pgrst.object+json", "text/csv"
        ]'::json,
        'produces', '[
            "application/json", "application/vnd.pgrst.object+json;nulls=stripped",
            "application/vnd.pgrst.object+json", "text/csv"
        ]'::json,
        'paths', '{"/": {"get": {
            "tags": ["Introspection"], "summary": "OpenAPI description (this document)",
            "produces": ["application/openapi+json", "application/json"],
            "responses": {"200": {"description": "OK"}}
        }}}'::jsonb || coalesce(
            (
                select pg_catalog.jsonb_object_agg(
                    '/' || d.relation_name,
                    rest.described_path(d.id, d.relation_name, d.verbs, d.names)
                )
                from described as d
            ), '{}'
        ) || coalesce(
            (
                select pg_catalog.jsonb_object_agg(
                    '/rpc/' || r.routine_name, rest.described_call(r.id)
                )
                from routine as r
            ), '{}'
        ),
        'definitions', coalesce(
            (
                select pg_catalog.jsonb_object_agg(
                    d.relation_name,
                    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                        'type', 'object', 'description', d.words, 'properties', d.properties,
                        'required', d.required
                    ))
                )
                from described as d
            ), '{}'
        ),
        'parameters', '{
            "select": {"name": "select", "in": "query", "type": "string", "required": false,
                "description": "Filtering Columns"},
            "order": {"name": "order", "in": "query", "type": "string", "required": false,
                "description": "Ordering"},
            "limit": {"name": "limit", "in": "query", "type": "string", "required": false,
                "description": "Limiting and Pagination"},
            "offset": {"name": "offset", "in": "query", "type": "string", "required": false,
                "description": "Limiting and Pagination"},
            "on_conflict": {"name": "on_conflict", "in": "query", "type": "string",
                "required": false, "description": "On Conflict"},
            "range": {"name": "Range", "in": "header", "type": "string", "required": false,
                "description": "Limiting and Pagination"},
            "rangeUnit": {"name": "Range-Unit", "in": "header", "type": "string",
                "required": false, "default": "items", "description": "Limiting and Pagination"},
            "preferReturn": {"name": "Prefer", "in": "header", "type": "string",
                "required": false, "description": "Preference",
                "enum": ["return=representation", "return=minimal", "return=headers-only"]},
            "preferCount": {"name": "Prefer", "in": "header", "type": "string",
                "required": false, "description": "Preference",
                "enum": ["count=exact", "count=planned", "count=estimated"]},
            "preferPost": {"name": "Prefer", "in": "header", "type": "string",
                "required": false, "description": "Preference",
                "enum": ["return=representation", "return=minimal", "return=headers-only",
                    "missing=default", "resolution=ignore-duplicates", "resolution=merge-duplicates"]}
        }'::jsonb || coalesce(
            (
                select pg_catalog.jsonb_object_agg(
                    'body.' || d.relation_name,
                    pg_catalog.jsonb_build_object(
                        'name', d.relation_name, 'in', 'body', 'required', false,
                        'description', d.relation_name,
                        'schema', pg_catalog.jsonb_build_object(
                            '$ref', '#/definitions/' || d.relation_name
                        )
                    )
                )
                from described as d
            ), '{}'
        ) || coalesce(
            (
                select pg_catalog.jsonb_object_agg(
                    pg_catalog.format('rowFilter.%s.%s', c.relation_name, c.column_name),
                    pg_catalog.jsonb_build_object(
                        'name', c.column_name, 'in', 'query', 'required', false, 'type', 'string'
                    )
                )
                from relation_column as c
            ), '{}'
        )
    )
$$;

revoke execute on function
rest.described_type(oid, integer),
rest.described_default(text, text),
rest.described_columns(oid),
rest.described_reference(text),
rest.described_path(oid, text, integer, text []),
rest.described_call(oid),
rest.description(text, text, text, text)
from public;

grant execute on function
rest.described_type(oid, integer),
rest.described_default(text, text),
rest.described_columns(oid),
rest.described_reference(text),
rest.described_path(oid, text, integer, text []),
rest.described_call(oid),
rest.description(text, text, text, text)
to anon, authenticated, service_role;

reset role;
