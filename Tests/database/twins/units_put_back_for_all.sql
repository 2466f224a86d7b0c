-- must fail: pgtap/platform_units.sql
-- What is put back of a share is not kept for its user again.
select test.spoil(
    'internal.return_platform_units(text, integer, timestamp with time zone)',
    'v_is_claimant::integer * (least(v_own, d.share) - least(v_own - v_units, d.share))',
    '0'
);
