-- must fail: pgtap/auth_tokens.sql
-- A wrong code is looked up without an index.
select test.spoil(
    'auth.redeem(text[],text[],text,interval,integer)', ' and not u.is_sso_user', ''
);
