-- must fail: pgtap/schema.sql
-- An update may give a row away.
drop policy users_update_own on public.users;
create policy users_update_own on public.users
for update to authenticated using (id = (select auth.uid()));
