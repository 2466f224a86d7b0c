-- must fail: pgtap/auth_log.sql
-- A token of the older form is not used up.
select test.spoil(
    'auth.refresh_older_session(text,interval,interval,text,inet)',
    'set revoked = true, updated_at = clock_timestamp()',
    'set updated_at = clock_timestamp()'
);
