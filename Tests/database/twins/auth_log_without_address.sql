-- must fail: pgtap/auth_log.sql
-- The log does not say from where.
select test.spoil('auth.note(text,uuid,jsonb)', 'app.client', 'app.request_id');
