-- must fail: pgtap/vault_keys.sql
-- A rotation writes over what was put in meanwhile.
select test.spoil(
    'vault.rotate(uuid[],text[],text[])',
    's.secret = r.known and', ''
);
