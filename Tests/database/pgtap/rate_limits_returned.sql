-- login: auth_admin
-- A call that was counted for what did not happen is taken back.

begin;
select plan(7);

prepare take (text) as
select t.let_in
from internal.take_rate_limits(array[$1], 3, '1 hour') as t;

select results_eq(
    $$ select let_in from internal.take_rate_limits(array['a', 'a', 'a', 'b'], 3, '1 hour') $$,
    'values (3), (1)', 'one key is full, another is not'
);
select results_eq('execute take (''a'')', 'values (0)', 'and takes no more');
select internal.return_rate_limits(array['a', 'b', 'nobody''s']);
select results_eq('execute take (''a'')', 'values (1)', 'what is taken back is free again');
select results_eq('execute take (''a'')', 'values (0)', 'once');
select results_eq(
    $$ select remaining from internal.take_rate_limits(array['b'], 3, '1 hour') $$,
    'values (2)', 'to the last one'
);
select internal.return_rate_limits(array['b']);
select internal.return_rate_limits(array['b']);
select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['b'], 3, '1 hour') $$,
    'values (1, 2, true)', 'and no further'
);
select throws_ok(
    'select key from internal.rate_limit', '42501', null, 'nobody reads what others count'
);

select finish();
rollback;
