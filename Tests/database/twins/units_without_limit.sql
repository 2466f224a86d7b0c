-- must fail: pgtap/platform_units.sql
-- A share is given though nothing is left.
select test.spoil(
    'internal.take_platform_units(text, integer, integer, timestamp with time zone)',
    'v_free >= 0 and (',
    'true and ('
);
