-- must fail: pgtap/policies.sql
-- Row level security is off.
alter table public.notification disable row level security;
