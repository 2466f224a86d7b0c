-- login: edge
-- Rate limits, one call after another.

begin;
select plan(26);

select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['a'], 3, '1 hour') $$,
    $$ values (1, 2, true) $$, 'the first of three'
);
select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['a'], 3, '1 hour') $$,
    $$ values (1, 1, true) $$, 'the second'
);
select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['b'], 3, '1 hour') $$,
    $$ values (1, 2, true) $$, 'another key is another''s'
);
select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['a'], 3, '1 hour') $$,
    $$ values (1, 0, true) $$, 'the third'
);
select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['a'], 3, '1 hour') $$,
    $$ values (0, 0, true) $$, 'the fourth is refused'
);
select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['a'], 4, '1 hour') $$,
    $$ values (1, 0, true) $$, 'under a higher limit it is let in'
);
select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['a'], 1, '1 hour') $$,
    $$ values (0, 0, true) $$, 'under a lower one it is not'
);

-- the window slides: when the first of three calls leaves it, one more is let in
select ok(let_in = 1, 'one') from internal.take_rate_limits(array['c'], 3, '2 s');
select ok(pg_sleep(1.4) is not null, 'a while later');
select ok(let_in = 1, 'two') from internal.take_rate_limits(array['c'], 3, '2 s');
select ok(let_in = 1, 'three') from internal.take_rate_limits(array['c'], 3, '2 s');
select results_eq(
    $$ select * from internal.take_rate_limits(array['c'], 3, '2 s') $$,
    $$ values ('c', 0, 0, 1) $$, 'three within the window'
);
select ok(pg_sleep(0.65) is not null, 'and later');
select ok(let_in = 1 and remaining = 0, 'when the first leaves the window, one more is let in')
from internal.take_rate_limits(array['c'], 3, '2 s');
select ok(let_in = 0, 'and not two') from internal.take_rate_limits(array['c'], 3, '2 s');

-- beyond what one array holds
select is(
    (
        select format('%s %s', sum(t.let_in), min(t.remaining))
        from generate_series(1, 1000) as n (number)
        cross join lateral internal.take_rate_limits(
            array[left('many' || n.number, 4)], 900, '1 hour'
        ) as t
    ),
    '900 0', 'of a thousand calls, 900 are let in'
);
select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['many'], 902, '1 hour') $$,
    $$ values (1, 1, true) $$, 'the log over pages knows its length'
);
select results_eq(
    $$ select let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['many'], 100, '1 hour') $$,
    $$ values (0, 0, true) $$, 'also under a lower limit'
);

-- several at once: as if they came one after another
select results_eq(
    $$ select key, let_in, remaining from internal.take_rate_limits(
        array['z', 'e', 'd', 'e', 'e', 'z', 'e'], 3, '1 hour') $$,
    $$ values ('d', 1, 2), ('e', 3, 0), ('z', 2, 1) $$, 'each key counts its own calls'
);
select results_eq(
    $$ select key, let_in, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limits(array['e', 'd', 'e', 'z', 'z'], 3, '1 hour') $$,
    $$ values ('d', 1, 1, true), ('e', 0, 0, true), ('z', 1, 0, true) $$,
    'some of a key''s may be refused'
);
select results_eq(
    $$ select let_in, remaining
        from internal.take_rate_limits(array_fill('bulk'::text, array[150]), 300, '1 hour')
        union all
        select let_in, remaining
        from internal.take_rate_limits(array_fill('bulk'::text, array[151]), 300, '1 hour') $$,
    $$ values (150, 150), (150, 0) $$, 'also beyond what one array holds'
);
select is_empty(
    $$ select * from internal.take_rate_limits('{}', 1, '1 hour') $$, 'none at all is no call'
);

select
    is(
        (test.refusal(format('select internal.take_rate_limits(%s)', a.arguments))).state, '22023',
        format('take_rate_limits(%s)', a.arguments)
    )
from (
    values
    ('array[''a''], 0, ''1 h'''), ('array[''a''], 1, ''0 s'''),
    ('array[''a''], null, ''1 h'''), ('array[''a''], 1, null')
) as a (arguments);

select finish();
rollback;
