-- must fail: pgtap/auth_tokens.sql
-- A mailed token counts for ever.
select test.spoil(
    'auth.redeem(text[],text[],text,interval,integer)',
    'and t.created_at > now() - p_lifetime',
    ''
);
