-- must fail: pgtap/quotas.sql
-- Units that are given back leave no trace.
create function test.lose() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger lose before insert on public.quota_usage_history for each row
when (new.operation = 'decrement') execute function test.lose();
