-- must fail: pgtap/vault_intake.sql
-- What comes in plain is stored as it is.
alter table vault.secrets drop constraint secrets_are_sealed;
select test.spoil(
    'vault.keep_sealed()',
    'new.secret := vault.sealed_to_intake(', 'new.description := vault.sealed_to_intake('
);
select test.spoil(
    'vault.keep_sealed()',
    'pg_catalog.split_part(new.secret, ''.'', 2)',
    'coalesce(nullif(pg_catalog.split_part(new.secret, ''.'', 2), ''''), ''k2'')'
);
