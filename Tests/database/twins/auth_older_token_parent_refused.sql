-- must fail: pgtap/auth_log.sql
-- The parent of a token that was never used ends the session.
select test.spoil(
    'auth.refresh_older_session(text,interval,interval,text,inet)',
    'v_active.parent = p_token',
    'false'
);
