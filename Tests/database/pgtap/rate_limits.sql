-- login: edge
-- Rate limits, one call after another.

begin;
select plan(22);

select results_eq(
    $$ select allowed, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limit('a', 3, '1 hour') $$,
    $$ values (true, 2, true) $$, 'the first of three'
);
select results_eq(
    $$ select allowed, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limit('a', 3, '1 hour') $$,
    $$ values (true, 1, true) $$, 'the second'
);
select results_eq(
    $$ select allowed, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limit('b', 3, '1 hour') $$,
    $$ values (true, 2, true) $$, 'another key is another''s'
);
select results_eq(
    $$ select allowed, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limit('a', 3, '1 hour') $$,
    $$ values (true, 0, true) $$, 'the third'
);
select results_eq(
    $$ select allowed, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limit('a', 3, '1 hour') $$,
    $$ values (false, 0, true) $$, 'the fourth is refused'
);
select results_eq(
    $$ select allowed, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limit('a', 4, '1 hour') $$,
    $$ values (true, 0, true) $$, 'under a higher limit it is let in'
);
select results_eq(
    $$ select allowed, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limit('a', 1, '1 hour') $$,
    $$ values (false, 0, true) $$, 'under a lower one it is not'
);

-- the window slides: when the first of three calls leaves it, one more is let in
select ok(allowed, 'one') from internal.take_rate_limit('c', 3, '2 s');
select ok(pg_sleep(1.4) is not null, 'a while later');
select ok(allowed, 'two') from internal.take_rate_limit('c', 3, '2 s');
select ok(allowed, 'three') from internal.take_rate_limit('c', 3, '2 s');
select results_eq(
    $$ select * from internal.take_rate_limit('c', 3, '2 s') $$,
    $$ values (false, 0, 1) $$, 'three within the window'
);
select ok(pg_sleep(0.65) is not null, 'and later');
select ok(allowed and remaining = 0, 'when the first leaves the window, one more is let in')
from internal.take_rate_limit('c', 3, '2 s');
select ok(not allowed, 'and not two') from internal.take_rate_limit('c', 3, '2 s');

-- beyond what one array holds
select is(
    (
        select format('%s %s', count(*) filter (where t.allowed), min(t.remaining))
        from generate_series(1, 1000) as n (number)
        cross join lateral internal.take_rate_limit(
            left('many' || n.number, 4), 900, '1 hour'
        ) as t
    ),
    '900 0', 'of a thousand calls, 900 are let in'
);
select results_eq(
    $$ select allowed, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limit('many', 902, '1 hour') $$,
    $$ values (true, 1, true) $$, 'the log over pages knows its length'
);
select results_eq(
    $$ select allowed, remaining, reset_seconds between 3500 and 3600
        from internal.take_rate_limit('many', 100, '1 hour') $$,
    $$ values (false, 0, true) $$, 'also under a lower limit'
);

select
    is(
        (test.refusal(format('select internal.take_rate_limit(%s)', a.arguments))).state, '22023',
        format('take_rate_limit(%s)', a.arguments)
    )
from (
    values
    ('''a'', 0, ''1 h'''), ('''a'', 1, ''0 s'''), ('''a'', null, ''1 h'''), ('''a'', 1, null')
) as a (arguments);

select finish();
rollback;
