-- must fail: pgtap/schema.sql
-- A policy has to read the whole table.
drop index public.quota_usage_history_user_id_created_at_idx;
