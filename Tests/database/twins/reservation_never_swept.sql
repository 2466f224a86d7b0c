-- must fail: storms/reservation_storm.py
-- Leases that end are forgotten.
select test.spoil(
    'internal.release_expired_reservations()',
    'where r.lease_until <= statement_timestamp()',
    'where false'
);
