-- must fail: pgtap/vault_keys.sql
-- A secret is young again under another key.
select test.spoil(
    'vault.rotate(uuid[],text[],text[])',
    'set secret = f.made', 'set secret = f.made, set_at = now()'
);
