-- must fail: pgtap/auth_sessions.sql
-- True reuse is refused, and the session goes on.
select test.spoil(
    'auth.refresh_session(uuid,bigint,interval,interval,text,inet)',
    'delete from auth.sessions as s
        where s.id = p_session_id',
    'delete from auth.sessions as s
        where false'
);
