-- must fail: pgtap/linking.sql
-- A browser is sent on for a state that was used.
select test.spoil(
    'internal.link_target(text,bytea)',
    '        and s.used_at is null
',
    ''
);
