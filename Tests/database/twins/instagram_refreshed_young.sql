-- must fail: pgtap/linking.sql
-- Instagram is asked for new tokens on the first day.
select test.spoil(
    'internal.due_refreshes(interval, integer)',
    'and c.token_issued_at <= now() - interval ''24 hours''',
    ''
);
