-- must fail: storms/rate_limit_storm.py
-- Keys are locked in the order in which they were given.
select test.spoil(
    'internal.take_rate_limits(text[], integer, interval)',
    E'order by k.key collate "C"', 'order by array_position(p_keys, k.key)'
);
