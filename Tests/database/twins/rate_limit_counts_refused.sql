-- must fail: storms/rate_limit_storm.py
-- A refused call lengthens the wait.
select test.spoil(
    'internal.take_rate_limits(text[], integer, interval)',
    'if v_used >= p_limit then',
    'if v_used >= p_limit then'
    ' update internal.rate_limit as l set hits = l.hits || clock_timestamp()'
    ' where l.key = take_rate_limits.key;'
);
