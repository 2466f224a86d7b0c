-- must fail: pgtap/linking.sql
-- Tokens of a user who is gone are nobody's to end.
select test.spoil(
    'internal.leave_no_tokens()',
    'if exists (',
    'if false and exists ('
);
