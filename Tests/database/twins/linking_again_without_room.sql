-- must fail: pgtap/linking.sql
-- An account that is linked can't be linked again where it takes the last place.
select test.spoil(
    'internal.begin_link(text,uuid,bytea,text,text)',
    'and p.slug = p_platform',
    'and p.slug = p_platform and false'
);
