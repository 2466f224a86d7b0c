-- must fail: pgtap/linking.sql
-- A link begins also where there is no room.
select test.spoil(
    'internal.begin_link(text,uuid,bytea,text,text)',
    'if v_used >= v_max and',
    'if false and'
);
