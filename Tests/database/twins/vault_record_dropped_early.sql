-- must fail: pgtap/vault_keys.sql
-- The record of reads is dropped early.
drop trigger keep_reads on vault.secret_read;
select test.spoil(
    'internal.prune_secret_reads()',
    '180 days', '170 days'
);
