-- must fail: storms/vault_storm.py
-- A key is retired while a secret is being put in under it.
select test.spoil('vault.use_key(text)', 'for key share', '');
