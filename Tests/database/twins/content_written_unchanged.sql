-- must fail: pgtap/content.sql
-- Rows in which nothing has changed are written too.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    E'                and (n.is_changed or n.is_stale)\n            returning',
    '            returning'
);
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    'not n.is_foreign and (n.is_changed or n.is_stale)',
    'not n.is_foreign'
);
