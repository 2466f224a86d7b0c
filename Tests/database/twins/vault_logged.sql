-- must fail: pgtap/vault_intake.sql
-- What came in plain is logged.
select test.spoil(
    'vault.keep_sealed()',
    'perform vault.keep_out_of_log();', ''
);
select test.spoil(
    'vault.create_secret(text,text,text,text)',
    'perform vault.keep_out_of_log();', ''
);
select test.spoil(
    'vault.update_secret(uuid,text,text,text,text)',
    'perform vault.keep_out_of_log();', ''
);
