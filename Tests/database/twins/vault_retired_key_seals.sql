-- must fail: pgtap/vault_keys.sql
-- A retired key goes on sealing.
select test.spoil(
    'vault.use_key(text)',
    'v_retired_at is not null', 'false'
);
