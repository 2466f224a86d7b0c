-- must fail: pgtap/outgoing_mail.sql
-- A process takes the mail again that it is sending.
select test.spoil(
    'auth.claim_mail(integer,interval,uuid[])', 'd.id <> all(p_at_hand)', 'true'
);
