-- must fail: pgtap/vault_keys.sql
-- A secret counts as told where there was nobody to tell.
select test.spoil(
    'internal.tell_of_old_secrets()',
    'exists (select from public.user_role as r where r.role = ''admin'')', 'true'
);
