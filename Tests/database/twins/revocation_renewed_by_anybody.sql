-- must fail: pgtap/linking.sql
-- Whoever knows a revocation says what it goes on with.
select test.spoil(
    'internal.renew_revocation(uuid,uuid,text)',
    'and (r.user_id = auth.uid() or internal.is_service())',
    ''
);
