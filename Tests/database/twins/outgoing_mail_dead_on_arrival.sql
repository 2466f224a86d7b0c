-- must fail: pgtap/outgoing_mail.sql
-- A link that was mailed late has no time left.
select test.spoil('auth.settle_mail(uuid,uuid)', 'created_at = now()', 'attempts = t.attempts');
