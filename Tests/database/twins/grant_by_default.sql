-- must fail: pgtap/schema.sql
-- Functions are open to everybody, as PostgreSQL has them.
grant execute on function internal.reset_quotas() to public;
