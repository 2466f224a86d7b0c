-- must fail: pgtap/vault.sql
-- What was read can be erased.
drop trigger keep_reads on vault.secret_read;
