-- must fail: pgtap/content.sql
-- An account that was unlinked is to be synced again.
select test.spoil(
    'internal.fail_sync(uuid,text,text,text,timestamptz,integer,integer,integer,integer,boolean)',
    'case when a.is_active then p_next_sync_at end',
    'p_next_sync_at'
);
