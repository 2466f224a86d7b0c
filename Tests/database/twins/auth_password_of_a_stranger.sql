-- must fail: pgtap/auth_tokens.sql
-- Who signed somebody else's address up keeps the password.
select test.spoil(
    'auth.redeem(text[],text[],text,interval,integer)',
    'set encrypted_password = ''''',
    'set updated_at = now()'
);
