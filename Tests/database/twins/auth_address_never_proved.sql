-- must fail: pgtap/auth_tokens.sql
-- Whoever reads the old address's mail has the account move to any new one.
select test.spoil(
    'auth.redeem(text[],text[],text,interval,integer)',
    'v_user.email_change_confirm_status is distinct from 2',
    'false'
);
