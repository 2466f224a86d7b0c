-- must fail: pgtap/vault.sql
-- Nobody is written down as the reader.
select test.spoil(
    'vault.take_sealed(text,text)',
    'id, name, auth.uid(),', 'id, name, null,'
);
