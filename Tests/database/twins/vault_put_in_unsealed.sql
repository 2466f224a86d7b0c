-- must fail: pgtap/vault.sql
-- What is not sealed is put in as if it were.
select test.spoil(
    'vault.put_sealed(uuid,text,text,text)',
    'vault.form(p_sealed) is distinct from ''v1''', 'false'
);
