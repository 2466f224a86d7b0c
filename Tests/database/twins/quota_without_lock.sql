-- must fail: storms/quota_storm.py
-- Counters are read without the row's lock.
select test.spoil(
    'internal.lock_quotas(uuid)',
    'where s.user_id = p_user_id for no key update;',
    'where s.user_id = p_user_id;'
);
