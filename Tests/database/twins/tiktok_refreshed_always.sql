-- must fail: pgtap/linking.sql
-- Every token of TikTok's is refreshed by the schedule.
select test.spoil(
    'internal.due_refreshes(interval, integer)',
    'c.refresh_expires_at <= now() + greatest(p_within, interval ''30 days'')',
    'c.token_expires_at <= now() + greatest(p_within, interval ''30 days'')'
);
