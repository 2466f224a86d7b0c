-- must fail: catalog/grants.py
-- A creator sets the own views.
grant update (views_count) on table public.content_item to authenticated;
