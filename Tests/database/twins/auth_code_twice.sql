-- must fail: pgtap/auth_tokens.sql
-- A code signs in again.
select test.spoil(
    'auth.exchange_code(text,text,text,interval,text,inet,interval,boolean)',
    'where f.id = v_flow.id',
    'where false'
);
