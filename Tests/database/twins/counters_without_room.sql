-- must fail: storms/counter_updates.py
-- Pages are filled to the brim.
alter table public.content_item set (fillfactor = 100);
