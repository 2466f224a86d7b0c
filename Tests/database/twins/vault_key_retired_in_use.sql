-- must fail: pgtap/vault_keys.sql
-- A key is retired under its secrets.
select test.spoil(
    'vault.retire_key(text)',
    'where s.key_id = p_key_id', 'where s.key_id = p_key_id and false'
);
