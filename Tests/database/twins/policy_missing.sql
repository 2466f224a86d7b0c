-- must fail: pgtap/schema.sql
-- One policy of the twelve is gone.
drop policy notification_delete_own on public.notification;
