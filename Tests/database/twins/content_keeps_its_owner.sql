-- must fail: pgtap/content.sql
-- Nobody who has content can go.
select test.spoil(
    'public.prevent_account_deletion_with_content()',
    'exists (select from public.users as u where u.id = old.user_id)',
    'true'
);
