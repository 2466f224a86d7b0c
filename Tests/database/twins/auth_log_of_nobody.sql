-- must fail: pgtap/auth_log.sql
-- An admin's acts stand in the log as the account's own.
select test.spoil('auth.note(text,uuid,jsonb)', 'v_admin is not null', 'false');
