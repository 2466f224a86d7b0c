-- must fail: pgtap/schema.sql
-- A promised column has another name.
alter table public.users rename column bio to biography;
