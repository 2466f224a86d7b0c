-- must fail: storms/rate_limit_storm.py
-- A refused call lengthens the wait.
select test.spoil(
    'internal.take_rate_limit(text, integer, interval)',
    'allowed := false;',
    'update internal.rate_limit as l set hits = l.hits || clock_timestamp() where l.key = p_key;'
    ' allowed := false;'
);
