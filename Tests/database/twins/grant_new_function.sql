-- must fail: catalog/grants.py
-- A function that nobody listed.
create function public.forgotten() returns integer language sql
as 'select 1';
