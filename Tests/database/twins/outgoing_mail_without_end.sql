-- must fail: pgtap/outgoing_mail.sql
-- Mail that nobody takes is tried for ever.
select test.spoil('auth.retry_mail(uuid,uuid,interval,text)', '1 day', '100 days');
