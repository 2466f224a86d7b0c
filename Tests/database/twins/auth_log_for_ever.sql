-- must fail: pgtap/auth_log.sql
-- The log is never pruned.
select test.spoil('auth.prune(interval,integer,interval)', '90 days', '900 days');
