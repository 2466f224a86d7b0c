-- must fail: pgtap/platform_units.sql
-- Who had no account when the day began has no share of it.
select test.spoil(
    'internal.take_platform_units(text, integer, integer, timestamp with time zone)',
    'v_is_new or v_is_claimant is distinct from coalesce(v_was_claimant, false)',
    'v_is_new'
);
