-- must fail: pgtap/quotas.sql
-- What was used in a cycle that is over still counts.
select test.spoil(
    'internal.quota_state(uuid, text)', 'when s.cycle_end_date <= now() then 0', ''
);
