-- must fail: pgtap/vault_keys.sql
-- Secrets are old on their ninetieth day.
select test.spoil(
    'internal.tell_of_old_secrets()',
    's.set_at < now() - interval ''90 days''', 's.set_at <= now() - interval ''90 days'''
);
