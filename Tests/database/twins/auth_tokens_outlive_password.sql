-- must fail: pgtap/auth_tokens.sql
-- What was mailed still lets somebody in after the password was changed.
select test.spoil(
    'auth.set_password(uuid,text,uuid)',
    'where t.user_id = p_user_id',
    'where t.user_id = p_user_id and t.token_type like ''re%'''
);
