-- must fail: pgtap/linking.sql
-- A state is taken as often as it is shown.
select test.spoil(
    'internal.take_state(text,bytea)',
    '        and s.used_at is null
',
    ''
);
