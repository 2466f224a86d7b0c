-- must fail: pgtap/policies.sql
-- Everybody who is signed in reads all media.
alter policy content_media_select_own on public.content_media using (true);
