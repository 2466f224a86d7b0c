-- must fail: storms/rate_limit_storm.py
-- Where one call fits, all that come with it are let in.
select test.spoil(
    'internal.take_rate_limits(text[], integer, interval)', ')[: least(p_limit, 128)]', ')'
);
