-- must fail: pgtap/auth_sessions.sql
-- A lost answer ends the session.
select test.spoil(
    'auth.refresh_session(uuid,bigint,interval,interval,text,inet)',
    'p_counter < v_session.refresh_token_counter - 1',
    'true'
);
