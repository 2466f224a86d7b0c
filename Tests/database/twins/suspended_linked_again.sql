-- must fail: pgtap/linking.sql
-- An account that was taken out of use comes back when its owner links it.
select test.spoil(
    'internal.complete_link(uuid,jsonb,text[],timestamptz,timestamptz,timestamptz,uuid,text)',
    'and st.slug = ''suspended''',
    'and false'
);
