-- must fail: pgtap/platform_units.sql
-- The day of units begins at midnight in UTC.
select test.spoil(
    'internal.take_platform_units(text, integer, integer, timestamp with time zone)',
    'America/Los_Angeles',
    'UTC'
);
