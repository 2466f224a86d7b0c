-- must fail: pgtap/access.sql
-- The claim makes the service role.
create or replace function internal.is_service() returns boolean language sql stable
set search_path = ''
as $$ select auth.role() = 'service_role' or current_setting('role') = 'service_role' $$;
