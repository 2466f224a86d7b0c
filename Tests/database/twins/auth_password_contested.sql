-- must fail: pgtap/auth_tokens.sql
-- Who signs an address up first keeps the password, whoever else comes with that address.
select test.spoil(
    'auth.contest_sign_up(uuid)', 'encrypted_password = ''''', 'encrypted_password = ''hash'''
);
