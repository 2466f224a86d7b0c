-- must fail: pgtap/policies.sql
-- A policy lets every row through.
alter policy subscription_select_own on public.subscription using (true);
