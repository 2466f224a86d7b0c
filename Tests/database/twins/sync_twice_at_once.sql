-- must fail: storms/sync_storm.py
-- An account is synced twice at once.
select test.spoil(
    'internal.begin_sync(uuid, text, boolean, uuid, interval)',
    'if v_run.lease_until > clock_timestamp() then',
    'if false then'
);
select test.spoil(
    'internal.give_up_sync(internal.sync_run)',
    ' and r.lease_until <= clock_timestamp()',
    ''
);
