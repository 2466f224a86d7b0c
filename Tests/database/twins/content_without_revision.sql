-- must fail: pgtap/content.sql
-- A change of the platform's leaves no revision.
select test.spoil(
    'internal.store_content(uuid, jsonb)',
    '            where f.old_value is distinct from f.new_value',
    '            where false'
);
