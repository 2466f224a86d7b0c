-- must fail: pgtap/content.sql
-- What the platform last said of an edited field is not kept.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    E'where n.edited ? f.name\n                ) end',
    E'where false\n                ) end'
);
