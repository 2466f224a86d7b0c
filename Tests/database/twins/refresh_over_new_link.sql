-- must fail: pgtap/linking.sql
-- Tokens of before the account was linked anew are stored over the new ones.
select test.spoil(
    'internal.complete_link(uuid,jsonb,text[],timestamptz,timestamptz,timestamptz,uuid,text)',
    'delete from internal.refresh_lease as l where l.connection_id = v_connection.id;',
    ''
);
