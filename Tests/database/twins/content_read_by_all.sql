-- must fail: pgtap/policies.sql
-- Everybody who is signed in reads all content.
alter policy content_item_select_own on public.content_item using (true);
