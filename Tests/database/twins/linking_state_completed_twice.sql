-- must fail: pgtap/linking.sql
-- One state leads to any number of accounts.
select test.spoil(
    'internal.complete_link(uuid,jsonb,text[],timestamptz,timestamptz,timestamptz,uuid,text)',
    '        and s.completed_at is null',
    '        and true'
);
