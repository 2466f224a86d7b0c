-- must fail: pgtap/vault_intake.sql
-- What a process sealed is replaced like what came in plain.
select test.spoil(
    'internal.reseal_secret(uuid,text,text)',
    'and s.secret like ''p1.%''', ''
);
