-- must fail: pgtap/auth_sessions.sql
-- Sessions that nobody refreshes are kept for ever.
select test.spoil('auth.prune(interval,integer,interval)', '<= now()', 'is null');
