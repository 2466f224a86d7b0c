-- must fail: pgtap/content.sql
-- What returns stays deleted.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    'c.deleted_at is not null and not c.edited ? ''deleted_at''',
    'false'
);
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    'deleted_at = case when n.edited ? ''deleted_at'' then c.deleted_at end',
    'deleted_at = c.deleted_at'
);
