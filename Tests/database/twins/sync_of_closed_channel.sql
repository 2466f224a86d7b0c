-- must fail: pgtap/content.sql
-- A channel that its platform has closed is synced on and on.
select test.spoil(
    'internal.fail_sync(uuid, text, text, text, timestamp with time zone, '
    'integer, integer, integer, integer, boolean)',
    E'    if p_is_closed then\n        perform internal.end_connection(',
    E'    if false then\n        perform internal.end_connection('
);
