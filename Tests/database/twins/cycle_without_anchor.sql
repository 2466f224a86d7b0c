-- must fail: pgtap/quotas.sql
-- A paid cycle forgets the day that it began on.
select test.spoil(
    'internal.move_quota_cycles_on(uuid [])',
    'when d.is_paid then coalesce(s.billing_cycle_anchor, s.cycle_start_date)',
    'when d.is_paid then d.starts_at'
);
