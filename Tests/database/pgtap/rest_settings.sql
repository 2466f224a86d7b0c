-- login: authenticator
-- What roles and functions have set for themselves, as REST reads it.

begin;
select no_plan();

select is(rest.milliseconds(g.given), g.meant, format('%s is %s ms', g.given, g.meant))
from (
    values
    ('250', 250::bigint), ('1500ms', 1500), ('20s', 20000), ('1.5s', 1500), ('2min', 120000),
    ('1h', 3600000), ('1d', 86400000), ('0', 86400000)
) as g (given, meant);

reset session authorization;
do $$
declare
    v_set text;
begin
    foreach v_set in array array[
        'anon set statement_timeout = ''4s''',
        'anon set work_mem = ''6MB''',
        'anon set app.theme = ''a=b''',
        'anon set role = ''service_role''',
        'anon set request.jwt.claims = ''{"sub": "x"}''',
        'anon set response.status = ''500''',
        'anon set log_min_messages = ''error''',
        'streamvibe_owner set work_mem = ''7MB'''
    ] loop
        execute format(
            'alter role %s in database %I %s',
            split_part(v_set, ' ', 1), current_database(), substr(v_set, strpos(v_set, ' ') + 1)
        );
    end loop;
end;
$$;
set session authorization authenticator;
select is(
    (
        select
            string_agg(
                concat_ws(' ', setting_name, setting_value, milliseconds), ', '
                order by setting_name
            )
        from rest.role_setting
        where role_name = 'anon'
    ),
    'app.theme a=b, statement_timeout 4s 4000, work_mem 6MB',
    'what the role may set, and neither who nor what a request is'
);
select is_empty(
    $$ select from rest.role_setting where role_name = 'streamvibe_owner' $$,
    'no other role''s'
);

reset session authorization;
create function public.patient() returns void language sql
set statement_timeout = '20s' set default_transaction_isolation = 'serializable' as '';
set session authorization authenticator;
select is(
    (
        select concat_ws(' ', milliseconds, isolation_level) from rest.routine
        where routine_name = 'patient'
    ),
    '20000 serializable',
    'a function''s own'
);

select finish();
rollback;
