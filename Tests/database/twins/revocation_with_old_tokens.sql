-- must fail: pgtap/linking.sql
-- What is to end a grant is there twice, one of which is dead.
select test.spoil(
    'internal.plan_revocation(uuid,uuid,uuid,text)',
    'perform internal.drop_revocations(v_platform, v_connection.platform_user_id);',
    ''
);
