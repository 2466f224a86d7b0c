-- must fail: pgtap/content.sql
-- A story outlives its day, as long as no list says that it is gone.
select test.spoil(
    'internal.finish_sync(uuid, boolean, uuid[], text, integer, integer, integer, integer, '
    'integer, jsonb)',
    ' + internal.expire_stories(v_run.social_account_id)',
    ''
);
