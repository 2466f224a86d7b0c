-- must fail: pgtap/auth_log.sql
-- A token of the older form counts for ever.
select test.spoil(
    'auth.refresh_older_session(text,interval,interval,text,inet)',
    'v_is_right is not true',
    'false'
);
