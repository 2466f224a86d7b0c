-- must fail: pgtap/linking.sql
-- Whoever shows a state takes it.
select test.spoil(
    'internal.take_state(text,bytea)',
    '        and s.user_id = v_user_id
',
    ''
);
