-- must fail: pgtap/auth_tokens.sql
-- The old address is not asked.
select test.spoil(
    'auth.redeem(text[],text[],text,interval,integer)',
    'v_user.email_change_confirm_status is distinct from 1',
    'false'
);
