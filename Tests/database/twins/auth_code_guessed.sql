-- must fail: pgtap/auth_tokens.sql
-- Codes may be guessed for as long as somebody likes.
select test.spoil(
    'auth.redeem(text[],text[],text,interval,integer)',
    'and (p_email is null or t.attempts < p_attempts)',
    ''
);
