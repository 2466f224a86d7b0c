-- must fail: catalog/grants.py
-- Users may hand themselves units.
grant execute on function public.decrement_quota(uuid, text, integer, text) to authenticated;
