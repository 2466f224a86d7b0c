-- must fail: pgtap/linking.sql
-- That old tokens are dead ends a connection that has new ones.
select test.spoil(
    'internal.require_relink(uuid, uuid, text)',
    'where s.id = p_secret_id and s.name',
    'where s.name'
);
