-- must fail: pgtap/vault_keys.sql
-- Admins are told of a secret whenever somebody looks.
select test.spoil(
    'internal.tell_of_old_secrets()',
    'and s.age_told_at is null', ''
);
