-- must fail: pgtap/vault.sql
-- A name is a setting when a part of it is.
select test.spoil(
    'internal.configuration_secret(text)',
    '^[A-Z][A-Z0-9_]+$', '[A-Z][A-Z0-9_]+'
);
