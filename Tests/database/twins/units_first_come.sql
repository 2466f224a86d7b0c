-- must fail: pgtap/platform_units.sql
-- Who comes first takes all units.
select test.spoil(
    'internal.take_platform_units(text, integer, integer, timestamp with time zone)',
    E'v_free >= v_kept\n',
    E'v_free >= 0 * v_kept\n'
);
