-- must fail: pgtap/quotas.sql
-- A unit of the last cycle is taken out of the new one.
select test.spoil(
    'internal.give_quota_back(internal.quota_reservation, text)',
    'and s.cycle_number = p_reservation.cycle_number',
    ''
);
