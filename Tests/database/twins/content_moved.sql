-- must fail: pgtap/content.sql
-- An item of another account is taken over.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    E'                and not n.is_foreign\n',
    ''
);
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    'where n.item_id is not null and not n.is_foreign and (n.is_changed or n.is_stale)',
    'where n.item_id is not null and (n.is_changed or n.is_stale)'
);
