-- must fail: pgtap/vault.sql
-- Whatever begins like it counts as sealed.
create or replace function vault.form(p_text text) returns text language sql immutable
as $$ select substring(p_text, '^(v1|p1)\.') $$;
