-- must fail: pgtap/outgoing_mail.sql
-- Whoever has sent a mail late deletes it under another's hands.
select test.spoil(
    'auth.settle_mail(uuid,uuid)', 'm.id = p_id and m.lease = p_lease', 'm.id = p_id'
);
