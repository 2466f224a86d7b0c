-- must fail: pgtap/content.sql
-- An owner's edit leaves no revision.
drop trigger record_edits on public.content_item;
