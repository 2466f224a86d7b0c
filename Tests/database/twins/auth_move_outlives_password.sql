-- must fail: pgtap/auth_tokens.sql
-- The address that somebody wanted to move to stays when the password was changed.
select test.spoil('auth.set_password(uuid,text,uuid)', 'email_change = '''',', '');
