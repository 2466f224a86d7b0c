-- must fail: pgtap/content.sql
-- What an owner deleted comes back.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    'deleted_at = case when n.edited ? ''deleted_at'' then c.deleted_at end',
    'deleted_at = null'
);
