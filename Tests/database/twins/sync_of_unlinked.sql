-- must fail: pgtap/content.sql
-- A sync goes on with an account that was unlinked.
select test.spoil(
    'internal.hold_sync(uuid)',
    'and a.deleted_at is null',
    ''
);
