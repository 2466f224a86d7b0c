-- must fail: pgtap/auth_log.sql
-- A token of the older form is used up also when it gives nothing.
select test.spoil(
    'auth.refresh_older_session(text,interval,interval,text,inet)',
    'outcome = ''ok'' and v_token',
    'v_token'
);
