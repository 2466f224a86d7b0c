-- must fail: pgtap/auth_sessions.sql
-- True reuse is refused, and the session goes on.
select test.spoil(
    'auth.revoke_session(uuid,uuid)', 'where s.id = p_session_id', 'where false'
);
