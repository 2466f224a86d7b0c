-- must fail: pgtap/content.sql
-- Whoever edits an item that is gone has deleted it.
select test.spoil(
    'internal.mark_edits()',
    'elsif new.deleted_at is distinct from old.deleted_at then',
    'else'
);
