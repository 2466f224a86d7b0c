-- must fail: pgtap/cycles.sql
-- The month begins when it does in the session's time zone.
select test.spoil(
    'internal.quota_cycle(timestamptz, boolean, timestamptz)',
    E'(a.anchor + make_interval(months => m.months)) at time zone \'UTC\'',
    '(a.anchor + make_interval(months => m.months))::timestamptz'
);
