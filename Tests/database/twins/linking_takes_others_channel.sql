-- must fail: pgtap/linking.sql
-- A channel goes to whoever links it last.
select test.spoil(
    'internal.complete_link(uuid,jsonb,text[],timestamptz,timestamptz,timestamptz,uuid,text)',
    '        where c.user_id = v_user_id
    returning',
    '    returning'
);
