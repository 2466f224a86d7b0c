-- login: edge_service
-- The functions take nobody's word for who calls.

begin;
select no_plan();

-- one statement as the role, undone: its SQLSTATE, or what it said
create function pg_temp.tried(p_role text, p_user_id uuid, p_statement text)
returns text language plpgsql as $$
declare
    v_said text;
begin
    perform test.act(p_role, p_user_id);
    begin
        execute p_statement into v_said;
    exception
        when others then v_said := sqlstate;
    end;
    raise exception using errcode = 'P0099', message = coalesce(v_said, 'null');
exception
    when sqlstate 'P0099' then return sqlerrm;
end;
$$;

-- asking about somebody else, or changing him, under every role that a request can have
select
    is(
        pg_temp.tried(r.role, test.ann(), format(f.call, test.bob())), '42501',
        format('%s: %s for another', r.role, f.call)
    )
from (
    values
    ('select check_quota(%L, ''sync'')'),
    ('select public.has_role(%L, ''user'')'),
    ('select increment_quota(%L, ''sync'')'),
    ('select decrement_quota(%L, ''sync'')'),
    ('select generate_profile_slug(''Bob'', %L)')
) as f (call)
cross join (values ('edge_user'), ('edge_visitor')) as r (role);

-- a user cannot hand himself units, nor take an address
select is(pg_temp.tried('edge_user', test.ann(), format(f.call, test.ann())), f.said, f.call)
from (
    values
    ('select increment_quota(%L, ''sync'', 1)', '42501'),
    ('select decrement_quota(%L, ''sync'', 1)', '42501'),
    ('select generate_profile_slug(''Ann'', %L)', '42501'),
    ('select internal.change_quota(%L, ''sync'', -1, ''decrement'')', '42501'),
    ('select internal.move_quota_cycles_on(array[%L]::uuid[])', '42501'),
    ('select internal.reset_quotas() -- %s', '42501'),
    ('select internal.release_expired_reservations() -- %s', '42501'),
    ('select check_quota(%L, ''sync'')', 'true'),
    ('select check_quota(%L, ''seo_submission'')', 'false'),
    ('select check_quota(%L, ''nonsense'')', '22023'),
    ('select check_quota(%L, null)', '22023'),
    ('select check_quota(null, ''sync'') -- %s', '42501'),
    ('select public.has_role(%L, ''user'')', 'true'),
    ('select public.has_role(%L, ''admin'')', 'false'),
    ('select public.has_role(null, ''admin'') -- %s', '42501'),
    ('select public.has_role(''user'') -- %s', 'true'),
    ('select public.has_role(role => ''admin'') -- %s', 'false')
) as f (call, said);

select is(
    pg_temp.tried('edge_user', test.ada(), 'select public.has_role(''admin'')'), 'true', 'an admin'
);

-- claims that say more than the role in force are worth nothing
select is(
    (
        select pg_temp.tried('edge_user', test.ann(), format(
            $$ with claims as materialized (
                select set_config('request.jwt.claims', '{"role": "service_role"}', true)
            ) select check_quota(%L, 'sync') from claims $$, test.bob()
        ))
    ),
    '42501', 'the claim service_role under the role of a user'
);
select is(
    pg_temp.tried('edge_user', null, $$ select internal.complete_profile('Nobody') $$), '42501',
    'without a subject there is no acting user'
);
select is(
    pg_temp.tried('edge_user', null, $$ select internal.reserve_quota('sync', '1 min') $$),
    '42501', 'for quotas either'
);

-- the service role may ask for anybody
select
    is(
        pg_temp.tried('service_role', null, format(f.call, test.bob())), f.said,
        'service_role: ' || f.call
    )
from (
    values
    ('select check_quota(%L, ''sync'')', 'true'),
    ('select public.has_role(%L, ''user'')', 'true'),
    ('select increment_quota(%L, ''sync'')', ''),
    ('select decrement_quota(%L, ''sync'', 1, ''test'')', ''),
    ('select generate_profile_slug(''Bob'', %L)', 'bob'),
    ('select internal.reset_quotas() -- %s', '0'),
    -- but it is no user
    ('select internal.complete_profile(''Bob'') -- %s', '42501'),
    ('select internal.reserve_quota(''sync'', ''1 min'') -- %s', '42501')
) as f (call, said);

-- another's reservation is out of reach
do $$
declare
    v_id uuid;
begin
    perform test.act('edge_user', test.bob());
    v_id := internal.reserve_quota('sync', '1 minute');
    perform test.act('edge_user', test.ann());
    if internal.release_quota(v_id, 'mine now') then
        raise exception 'released another''s';
    end if;
    perform set_config('test.state', (
        test.refusal(format('select internal.settle_quota(%L)', v_id))
    ).state, true);
end;
$$;
reset role;
select is(
    current_setting('test.state'), 'PT409', 'another''s reservation is neither released nor settled'
);

-- the logins themselves hold nothing
select is(test.touched(s.statement), null, 'a login without a role: ' || s.statement)
from (
    values
    ('select from public.users'),
    ('select from public.subscription_tier'),
    ('select public.check_quota(test.ann(), ''sync'')'),
    ('select internal.reset_quotas()')
) as s (statement);

-- what anybody may call of the schemas' functions is known from the catalog; here it is tried
select
    is(
        pg_temp.tried(
            'edge_visitor', null, format('select %s', p.oid::regproc)
            || '(' || (
                select coalesce(string_agg(format('null::%s', format_type(t.type, null)), ', '), '')
                from unnest(p.proargtypes) as t (type)
            ) || ')'
        ),
        case when v.name is null then '42501' else v.said end,
        'a visitor calls ' || p.oid::regprocedure
    )
from pg_catalog.pg_proc as p
left join (
    values
    -- what functions do before they know who calls
    ('take_rate_limits', '22023'),
    ('reseal_secret', '22023'),
    ('link_target', 'null'),
    -- what platforms tell
    ('authorisation_removed', '0'),
    ('request_data_deletion', '23502'),
    ('continue_data_deletion', 'false'),
    ('data_deletion_state', 'null')
) as v (name, said)
    on p.proname = v.name
where
    p.pronamespace in ('public'::regnamespace, 'internal'::regnamespace)
    and p.prorettype <> 'trigger'::regtype;

select finish();
rollback;
