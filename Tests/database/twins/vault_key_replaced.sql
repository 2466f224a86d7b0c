-- must fail: pgtap/vault_keys.sql
-- Another key takes an id that is in use.
select test.spoil(
    'vault.note_keys(text[],bytea[])',
    'v_key.known <> v_key.intake', 'false'
);
