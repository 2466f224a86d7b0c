-- must fail: pgtap/outgoing_mail.sql
-- A lease keeps nobody away.
select test.spoil(
    'auth.claim_mail(integer,interval,uuid[])', 'due_at = clock_timestamp() + p_lease',
    'due_at = m.due_at'
);
