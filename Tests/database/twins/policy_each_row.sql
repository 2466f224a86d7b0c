-- must fail: pgtap/schema.sql
-- The caller is computed for each row.
alter policy notification_select_own on public.notification using (user_id = auth.uid());
