-- must fail: pgtap/auth_tokens.sql
-- One address moves an account.
select test.spoil(
    'auth.redeem(text[],text[],text,interval,integer)',
    'if is_half then',
    'if false then'
);
