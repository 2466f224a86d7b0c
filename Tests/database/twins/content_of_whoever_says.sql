-- must fail: pgtap/content.sql
-- An item is whose its writer says.
drop trigger own_new_content on public.content_item;
