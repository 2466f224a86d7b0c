-- must fail: pgtap/content.sql
-- Who has lost an account goes on writing.
select test.spoil(
    'internal.hold_sync(uuid)',
    ' and r.ended_at is null',
    ''
);
