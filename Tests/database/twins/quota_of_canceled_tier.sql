-- must fail: pgtap/quotas.sql
-- A tier counts although it is not paid for.
update public.subscription_status set is_active_state = true
where true;
