-- must fail: pgtap/content.sql
-- A new signature counts as a change.
select test.spoil(
    'internal.unsigned_url(text)',
    'pg_catalog.split_part(p_url, ''?'', 1)',
    'p_url'
);
