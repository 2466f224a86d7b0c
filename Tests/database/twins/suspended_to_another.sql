-- must fail: pgtap/linking.sql
-- A channel that was taken out of use is free for another user.
select test.spoil(
    'internal.free_channel(uuid,text,uuid)',
    'and st.slug <> ''suspended''',
    ''
);
