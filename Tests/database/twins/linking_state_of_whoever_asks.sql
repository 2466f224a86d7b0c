-- must fail: pgtap/linking.sql
-- Whoever has another's state gets something done with it.
select test.spoil(
    'internal.is_own_state(text, bytea)',
    'and s.user_id = internal.acting_user()',
    ''
);
