-- must fail: pgtap/content.sql
-- The platform has the last word on a title.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    'case when n.edited ? ''title'' then c.title else n.title end',
    'n.title'
);
