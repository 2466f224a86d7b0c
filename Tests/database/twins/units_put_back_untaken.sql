-- must fail: pgtap/platform_units.sql
-- More is put back than was taken.
select test.spoil(
    'internal.return_platform_units(text, integer, timestamp with time zone)',
    'least(p_units, u.units_used)',
    'p_units'
);
