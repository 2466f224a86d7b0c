-- must fail: pgtap/new_user.sql
-- Without a free tier the sign-up goes through.
select test.spoil('internal.handle_new_user()', 'if not found then', 'if false then');
