-- must fail: pgtap/auth_tokens.sql
-- Whoever comes with an address takes the password of who confirmed it.
select test.spoil('auth.contest_sign_up(uuid)', 'u.email_confirmed_at is null', 'true');
