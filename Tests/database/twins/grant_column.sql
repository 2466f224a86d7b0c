-- must fail: catalog/grants.py
-- Users may verify themselves.
grant update (is_verified) on table public.users to authenticated;
