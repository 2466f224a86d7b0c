-- must fail: pgtap/linking.sql
-- A channel is linked whose data is being deleted.
select test.spoil(
    'internal.complete_link(uuid,jsonb,text[],timestamptz,timestamptz,timestamptz,uuid,text)',
    'where d.connection_id = v_connection.id and d.completed_at is null',
    'where false'
);
