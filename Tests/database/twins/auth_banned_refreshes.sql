-- must fail: pgtap/auth_sessions.sql
-- Who is banned stays signed in.
select test.spoil(
    'auth.refresh_session(uuid,bigint,interval,interval,text,inet)',
    'v_user.banned_until > v_now',
    'false'
);
