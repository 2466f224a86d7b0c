-- must fail: pgtap/policies.sql
-- Everybody who is signed in reads all revisions.
alter policy content_revision_select_own on public.content_revision using (true);
