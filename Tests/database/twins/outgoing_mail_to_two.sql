-- must fail: pgtap/outgoing_mail.sql
-- A recipient may hold a line break, and with it another recipient.
alter table auth.outgoing_mail drop constraint recipients_are_addresses;
