-- must fail: pgtap/linking.sql
-- What can't be refreshed is tried again before all others.
select test.spoil(
    'internal.due_refreshes(interval, integer)',
    'order by c.refresh_taken_at nulls first, c.token_expires_at',
    'order by c.token_expires_at'
);
