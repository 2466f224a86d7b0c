-- must fail: pgtap/linking.sql
-- The end of a grant of before is that of the new one.
select test.spoil(
    'internal.complete_link(uuid,jsonb,text[],timestamptz,timestamptz,timestamptz,uuid,text)',
    'perform internal.drop_revocations(v_platform.slug, v_channel);',
    ''
);
