-- Each schema, table, column, sequence and function, with those roles of $1 that hold something on
-- it.
with roles as (
    select
        r.role,
        r.place
    from unnest($1::text []) with ordinality as r (role, place)
),

schemas as (
    select
        n.oid,
        n.nspname::text as thing,
        n.nspacl as acl
    from pg_catalog.pg_namespace as n
    where n.nspname in ('auth', 'extensions', 'internal', 'public', 'realtime', 'rest', 'vault')
),

relations as (
    select
        c.oid,
        c.relacl as acl,
        c.oid::regclass::text as thing,
        case c.relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end as kind,
        case when c.relrowsecurity then ' rls' else '' end as facts,
        case c.relkind
            when 'S' then array['USAGE', 'SELECT', 'UPDATE']
            else array[
                'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'
            ]
        end as verbs
    from pg_catalog.pg_class as c
    inner join schemas as s on c.relnamespace = s.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
),

functions as (
    select
        p.oid,
        coalesce(p.proacl, acldefault('f', p.proowner)) as acl,
        -- those of an extension share one line
        coalesce('those of extension ' || e.extname, p.oid::regprocedure::text) as thing,
        case when p.prosecdef then ' definer' else '' end as facts
    from pg_catalog.pg_proc as p
    inner join schemas as s on p.pronamespace = s.oid
    left join pg_catalog.pg_depend as d
        on p.oid = d.objid and d.classid = 'pg_catalog.pg_proc'::regclass and d.deptype = 'e'
    left join pg_catalog.pg_extension as e on d.refobjid = e.oid
),

things as (
    select
        'schema' as kind,
        s.thing,
        '' as facts,
        s.acl
    from schemas as s
    union all
    select
        c.kind,
        c.thing,
        c.facts,
        c.acl
    from relations as c
    union all
    select
        'function' as kind,
        f.thing,
        f.facts,
        f.acl
    from functions as f
),

held as (
    select
        'schema' as kind,
        s.thing,
        '' as facts,
        v.verb,
        v.place,
        r.role as who
    from schemas as s
    cross join unnest(array['USAGE', 'CREATE']) with ordinality as v (verb, place)
    inner join roles as r on has_schema_privilege(r.role, s.oid, v.verb)
    union all
    select
        c.kind,
        c.thing,
        c.facts,
        v.verb,
        v.place,
        r.role as who
    from relations as c
    cross join lateral unnest(c.verbs) with ordinality as v (verb, place)
    inner join roles as r
        on case c.kind
            when 'sequence' then has_sequence_privilege(r.role, c.oid, v.verb)
            else has_table_privilege(r.role, c.oid, v.verb)
        end
    union all
    select
        'function' as kind,
        f.thing,
        f.facts,
        'EXECUTE' as verb,
        1 as place,
        r.role as who
    from functions as f
    inner join roles as r on has_function_privilege(r.role, f.oid, 'EXECUTE')
    union all
    -- where the table as a whole is not granted
    select
        'column' as kind,
        format('%s.%I', c.thing, a.attname) as thing,
        '' as facts,
        v.verb,
        v.place,
        r.role as who
    from relations as c
    inner join pg_catalog.pg_attribute as a
        on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
    cross join
        unnest(
            array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']
        ) with ordinality as v (verb, place)
    inner join roles as r
        on
            has_column_privilege(r.role, c.oid, a.attnum, v.verb)
            and not has_table_privilege(r.role, c.oid, v.verb)
    where c.kind <> 'sequence'
    union all
    select
        t.kind,
        t.thing,
        t.facts,
        a.privilege_type as verb,
        0 as place,
        'PUBLIC' as who
    from things as t
    cross join lateral aclexplode(t.acl) as a
    where a.grantee = 0
    union all
    -- what nobody holds anything on
    select
        t.kind,
        t.thing,
        t.facts,
        null as verb,
        null::bigint as place,
        null as who
    from things as t
),

verbs as (
    select
        h.kind,
        h.thing,
        h.facts,
        h.verb,
        min(h.place) as place,
        string_agg(distinct h.who, ' ' order by h.who) as who
    from held as h
    group by h.kind, h.thing, h.facts, h.verb
)

select
    v.kind || ' ' || v.thing || v.facts
    || coalesce(string_agg(E'\n    ' || v.verb || ': ' || v.who, '' order by v.place, v.verb), '')
from verbs as v
group by v.kind, v.thing, v.facts
order by
    array_position(array['schema', 'table', 'view', 'column', 'sequence', 'function'], v.kind),
    v.thing,
    v.facts
