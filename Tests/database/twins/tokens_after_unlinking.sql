-- must fail: pgtap/linking.sql
-- Unlinking leaves the tokens where they are.
select test.spoil(
    'internal.end_connection(uuid, text, text, text)',
    'perform vault.forget(v_connection.vault_secret_name);',
    ''
);
