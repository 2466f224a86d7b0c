-- must fail: catalog/grants.py
-- A table that nobody listed.
create table public.forgotten (id integer);
