-- must fail: storms/rate_limit_storm.py
-- The log is emptied when the window of its first call is over.
select test.spoil(
    'internal.take_rate_limits(text[], integer, interval)',
    'l.hits[pg_catalog.width_bucket(clock_timestamp() - p_window, l.hits) + 1 :]',
    E'case when l.hits[1] < clock_timestamp() - p_window then \'{}\' else l.hits end'
);
select test.spoil(
    'internal.take_rate_limits(text[], integer, interval)',
    E'cardinality(l.hits)\n'
    '                - pg_catalog.width_bucket(clock_timestamp() - p_window, l.hits)\n'
    '                < least(p_limit, 128)',
    '(cardinality(l.hits) < least(p_limit, 128) or l.hits[1] < clock_timestamp() - p_window)'
);
