-- must fail: pgtap/vault_intake.sql
-- What was sealed for one id is stored under another.
select test.spoil(
    'vault.keep_sealed()',
    'split_part(new.secret, ''.'', 3)::uuid is distinct from new.id',
    'split_part(new.secret, ''.'', 3) is null'
);
