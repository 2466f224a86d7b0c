-- must fail: storms/reservation_storm.py
-- A reservation that is gone is settled all the same.
select test.spoil('internal.settle_quota(uuid)', 'if not found then', 'if false then');
