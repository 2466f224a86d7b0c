-- must fail: storms/rate_limit_storm.py
-- Keys are dropped while their calls count.
select test.spoil('internal.prune_rate_limits()', 'i.idle_at < now()', 'true');
