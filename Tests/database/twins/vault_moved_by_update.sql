-- must fail: pgtap/vault.sql
-- A secret changes its row.
select test.spoil(
    'vault.keep_sealed()',
    '(new.id, new.name) is distinct from (old.id, old.name)', 'false'
);
