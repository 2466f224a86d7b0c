-- login: streamvibe_owner
-- Which cycle runs when: a calendar month in UTC, or the month from the anchor's day on.

begin;
select no_plan();

-- whatever the session's own time zone is
set local timezone = 'Pacific/Auckland';

select
    is(
        (
            select format('%s %s', c.starts_at at time zone 'UTC', c.ends_at at time zone 'UTC')
            from internal.quota_cycle(
                case when t.anchor is not null then (t.anchor || '+00')::timestamptz end,
                t.anchor is not null, (t.now || '+00')::timestamptz
            ) as c
        ),
        t.wanted, format('anchor %s, at %s', coalesce(t.anchor, 'none'), t.now)
    )
from (
    values
    (null, '2026-11-24 08:00', '2026-11-01 00:00:00 2026-12-01 00:00:00'),
    (null, '2026-11-30 23:59:59.999999', '2026-11-01 00:00:00 2026-12-01 00:00:00'),
    (null, '2026-12-01 00:00', '2026-12-01 00:00:00 2027-01-01 00:00:00'),
    (null, '2028-02-29 12:00', '2028-02-01 00:00:00 2028-03-01 00:00:00'),
    ('2026-01-31 10:00', '2026-02-28 09:59:59', '2026-01-31 10:00:00 2026-02-28 10:00:00'),
    ('2026-01-31 10:00', '2026-02-28 10:00', '2026-02-28 10:00:00 2026-03-31 10:00:00'),
    ('2026-01-31 10:00', '2026-04-30 09:00', '2026-03-31 10:00:00 2026-04-30 10:00:00'),
    ('2026-01-31 10:00', '2026-04-30 11:00', '2026-04-30 10:00:00 2026-05-31 10:00:00'),
    ('2027-12-31 10:00', '2028-02-29 10:00', '2028-02-29 10:00:00 2028-03-31 10:00:00'),
    ('2026-11-15 00:00', '2026-11-15 00:00', '2026-11-15 00:00:00 2026-12-15 00:00:00'),
    ('2026-11-15 00:00', '2026-12-14 23:59', '2026-11-15 00:00:00 2026-12-15 00:00:00'),
    ('2026-11-15 12:00', '2027-11-15 11:00', '2027-10-15 12:00:00 2027-11-15 12:00:00'),
    ('2020-02-29 00:00', '2026-11-24 00:00', '2026-10-29 00:00:00 2026-11-29 00:00:00')
) as t (anchor, now, wanted);

-- at every hour of six years the cycle holds the hour, and cycles follow each other without a gap
select is_empty(
    $$
        select a.anchor, h.hour
        from (values
            (null::timestamptz), ('2025-01-31 23:30+00'), ('2025-08-29 05:00+00'),
            ('2024-02-29 00:00+00')
        ) as a (anchor)
        cross join generate_series(
            '2025-09-01 00:00+00'::timestamptz, '2031-01-01 00:00+00', '1 hour'
        ) as h (hour)
        cross join lateral internal.quota_cycle(a.anchor, a.anchor is not null, h.hour) as c
        cross join lateral internal.quota_cycle(
            a.anchor, a.anchor is not null, c.ends_at
        ) as next
        where not (c.starts_at <= h.hour and h.hour < c.ends_at) or next.starts_at <> c.ends_at
    $$,
    'a cycle holds its time, and the next begins where it ends'
);

select finish();
rollback;
