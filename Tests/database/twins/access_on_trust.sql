-- must fail: pgtap/access.sql
-- The argument says who calls.
select test.spoil(
    'internal.require_self(uuid)', 'auth.uid() = p_user_id', 'p_user_id is not null'
);
