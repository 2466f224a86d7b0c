-- must fail: pgtap/vault_intake.sql
-- What has changed meanwhile is sealed anew all the same.
select test.spoil(
    'internal.reseal_secret(uuid,text,text)',
    'and s.secret = p_from', ''
);
