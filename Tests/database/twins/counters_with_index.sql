-- must fail: storms/counter_updates.py
-- A counter has an index.
create index content_item_views_count_idx on public.content_item (views_count);
