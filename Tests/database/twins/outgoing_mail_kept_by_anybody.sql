-- must fail: pgtap/outgoing_mail.sql
-- Whoever had a mail renews the lease of whoever has it now.
select test.spoil(
    'auth.keep_mail(uuid[],uuid[],interval)', 'm.id = held.id and m.lease = held.lease',
    'm.id = held.id'
);
