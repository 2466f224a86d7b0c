-- must fail: pgtap/access.sql
-- The definer functions are open to visitors.
grant execute on all functions in schema public, internal to anon;
