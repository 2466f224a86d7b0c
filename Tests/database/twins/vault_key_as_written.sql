-- must fail: pgtap/vault.sql
-- The key is what somebody wrote.
select test.spoil(
    'vault.keep_sealed()',
    'new.key_id := old.key_id;', ''
);
