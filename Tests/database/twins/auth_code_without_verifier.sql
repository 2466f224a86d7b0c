-- must fail: pgtap/auth_tokens.sql
-- Anybody's verifier will do.
select test.spoil(
    'auth.exchange_code(text,text,text,interval,text,inet,interval,boolean)',
    'v_flow.code_challenge <> case',
    'false and v_flow.code_challenge <> case'
);
