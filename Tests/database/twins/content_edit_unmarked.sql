-- must fail: pgtap/content.sql
-- An edit is not the owner's.
drop trigger mark_edits on public.content_item;
