-- must fail: pgtap/linking.sql
-- Two refresh a connection's tokens at once.
select test.spoil(
    'internal.begin_refresh(uuid,uuid,interval)',
    'where l.lease_until <= clock_timestamp() or l.holder = excluded.holder',
    'where true'
);
