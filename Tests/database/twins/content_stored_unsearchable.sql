-- must fail: pgtap/content.sql
-- What a sync stores has no document.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    'internal.content_document(n.title, n.tags, n.hashtags, n.description)',
    'null'
);
