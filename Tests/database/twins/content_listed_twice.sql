-- must fail: pgtap/content.sql
-- An item that is listed twice counts twice.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    'select distinct on (i.id) i.*',
    'select i.*'
);
