-- must fail: pgtap/linking.sql
-- Anybody says that a grant was ended.
select test.spoil(
    'internal.settle_revocation(uuid)',
    'and (r.user_id = auth.uid() or internal.is_service())',
    ''
);
