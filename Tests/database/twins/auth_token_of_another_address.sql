-- must fail: pgtap/auth_tokens.sql
-- What went to an address that the account has left counts.
select test.spoil(
    'auth.redeem(text[],text[],text,interval,integer)',
    'elsif v_token.relates_to <> coalesce(pg_catalog.lower(v_user.email), '''') then',
    'elsif false then'
);
