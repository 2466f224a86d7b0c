-- must fail: pgtap/content.sql
-- A counter that is not told becomes none.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    'likes_count = coalesce(n.likes, c.likes_count)',
    'likes_count = coalesce(n.likes, 0)'
);
