-- must fail: pgtap/content.sql
-- An account is called for ever what it was called when it was linked.
select test.spoil(
    'internal.finish_sync(uuid, boolean, uuid[], text, integer, integer, integer, integer, '
    'integer, jsonb)',
    'perform internal.renew_profile(v_run.social_account_id, p_profile);',
    ''
);
