-- must fail: pgtap/content.sql
-- The unit of a run whose process died is not given back.
select test.spoil(
    'internal.give_up_sync(internal.sync_run)',
    'if p_run.reservation_id is not null then',
    'if false then'
);
