-- must fail: pgtap/vault_keys.sql
-- A rotation passes over what came in plain.
select test.spoil(
    'vault.to_rotate(text,uuid,integer)',
    'or s.secret like ''p1.%''', ''
);
