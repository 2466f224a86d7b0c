-- must fail: pgtap/new_user.sql
-- A user begins without a subscription.
delete from public.subscription
where true;
