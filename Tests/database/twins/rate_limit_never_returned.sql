-- must fail: pgtap/rate_limits_returned.sql
-- What did not happen stays counted.
select test.spoil('internal.return_rate_limits(text[])', 'pg_catalog.cardinality(l.hits) - 1', '');
