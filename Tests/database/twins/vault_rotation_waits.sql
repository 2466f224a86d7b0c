-- must fail: storms/vault_storm.py
-- A rotation waits for whoever has a secret locked.
select test.spoil('vault.rotate(uuid[],text[],text[])', 'skip locked', '');
