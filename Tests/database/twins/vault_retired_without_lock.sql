-- must fail: storms/vault_storm.py
-- Nobody waits for a key that is being retired.
select test.spoil('vault.retire_key(text)', 'for update', '');
