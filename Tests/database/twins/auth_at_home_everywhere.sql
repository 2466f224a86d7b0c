-- must fail: pgtap/auth_sessions.sql
-- An account is at home everywhere.
select test.spoil('auth.is_signed_in(text,inet)', 's.ip <<=', 'true or s.ip <<=');
