-- must fail: pgtap/auth_tokens.sql
-- A mailed token stays when it was used.
select test.spoil(
    'auth.redeem(text[],text[],text,interval,integer)',
    'delete from auth.one_time_tokens as t',
    'update auth.one_time_tokens as t set attempts = 0'
);
