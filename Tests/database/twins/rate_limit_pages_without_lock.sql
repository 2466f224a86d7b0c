-- must fail: storms/rate_limit_storm.py
-- A key with pages is read without its row's lock.
select test.spoil(
    'internal.take_paged_rate_limit(text, integer, interval)', 'for no key update', ''
);
