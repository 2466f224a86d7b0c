-- must fail: pgtap/content_search.sql
-- What is edited is not indexed anew.
drop trigger index_changed_content on public.content_item;
