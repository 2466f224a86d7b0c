-- must fail: pgtap/schema.sql
-- A definer function looks where its caller says.
alter function public.check_quota(uuid, text) reset search_path;
