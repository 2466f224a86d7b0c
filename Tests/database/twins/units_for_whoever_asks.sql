-- must fail: pgtap/platform_units.sql
-- Somebody without an account has a share too.
select test.spoil(
    'internal.take_platform_units(text, integer, integer, timestamp with time zone)',
    'case when v_is_claimant then v_row.share else 0 end',
    'v_row.share'
);
