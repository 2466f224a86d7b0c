-- must fail: pgtap/linking.sql
-- A state of one platform is taken for another.
select test.spoil(
    'internal.take_state(text,bytea)',
    '        and s.platform = p_platform
',
    ''
);
