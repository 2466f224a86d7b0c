-- must fail: pgtap/linking.sql
-- A refresh that was late ends the grant of an account that is linked.
select test.spoil(
    'internal.revoke_unlinked(uuid,uuid,uuid,text)',
    'and a.deleted_at is not null',
    ''
);
