-- must fail: pgtap/content.sql
-- An account goes with what it holds.
drop trigger prevent_account_deletion_with_content on public.social_account;
