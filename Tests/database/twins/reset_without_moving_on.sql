-- must fail: pgtap/quotas.sql
-- Counters are zeroed, the cycle stays: each tick zeroes them again.
select test.spoil(
    'internal.move_quota_cycles_on(uuid [])',
    E'cycle_start_date = d.starts_at,\n        cycle_end_date = d.ends_at,',
    ''
);
