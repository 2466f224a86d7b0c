-- login: edge_service
-- A platform's daily units: shared fairly, and new at midnight in California.

begin;
select no_plan();

select test.act('service_role');
insert into public.platform_connection (user_id, platform_id, vault_secret_name, platform_user_id)
select
    u.id as user_id,
    p.id as platform_id,
    'user_' || u.id as vault_secret_name,
    u.id::text as platform_user_id
from (values (test.ann()), (test.bob())) as u (id)
inner join public.platform as p on p.slug = 'youtube';

create function pg_temp.takes(
    p_user_id uuid, p_units integer, p_now text, p_limit integer default 100
)
returns text language plpgsql
as $$
declare
    v_said text;
begin
    perform test.act('edge_user', p_user_id);
    select concat_ws(' ', t.is_given, t.used, case when not t.is_given then to_char(
        t.returns_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'
    ) end) into v_said
    from internal.take_platform_units('youtube', p_units, p_limit, p_now::timestamptz) as t;
    perform test.act('service_role');
    return v_said;
end;
$$;

-- Two have a channel, so 50 of 100 units are each one's by right. It is noon in California.
select is(
    pg_temp.takes(test.ann(), 1, '2026-11-24T20:00Z'), 't 1', 'whoever comes first gets units'
);
select is(pg_temp.takes(test.ann(), 49, '2026-11-24T20:00Z'), 't 50', 'the own share');
select is(
    pg_temp.takes(test.ann(), 25, '2026-11-24T20:00Z'), 't 75',
    'and at noon half of what the others have not used'
);
select is(
    pg_temp.takes(test.ann(), 1, '2026-11-24T20:00Z'), 'f 75 2026-11-24 20:28',
    'not more: the rest is kept for them, less of it with each minute'
);
select is(
    pg_temp.takes(test.ann(), 1, '2026-11-24T20:29Z'), 't 76', 'and then it is given'
);
select is(
    pg_temp.takes(test.bob(), 24, '2026-11-24T20:00Z'), 't 100', 'who comes late gets what is left'
);
select is(
    pg_temp.takes(test.bob(), 1, '2026-11-24T20:00Z'), 'f 100 2026-11-25 08:00',
    'when nothing is left, units return at midnight in California'
);
select is(
    pg_temp.takes(test.bob(), 60, '2026-11-25T08:00Z'), 'f 0 2026-11-25 12:48',
    'more than the share is not given at the day''s beginning'
);
select is(pg_temp.takes(test.bob(), 50, '2026-11-25T08:00Z'), 't 50', 'the share is');
select is(
    pg_temp.takes(test.ann(), 1, '2026-11-25T07:59Z', 76), 'f 100 2026-11-25 08:00',
    'until then it is the day before'
);
select is(
    pg_temp.takes(test.ann(), 101, '2026-07-01T07:00Z'), 'f 0 2026-07-02 07:00',
    'in summer the day begins an hour earlier'
);
select is(
    pg_temp.takes(test.ann(), 50, '2026-03-08T08:00Z'), 't 50',
    'the day when the clock goes forward'
);
select is(
    pg_temp.takes(test.ann(), 51, '2026-03-08T08:00Z'), 'f 50 2026-03-09 07:00', 'has 23 hours'
);
select is(
    pg_temp.takes(test.ann(), 101, '2026-11-01T07:00Z'), 'f 0 2026-11-02 08:00',
    'and the one when it goes back 25'
);
-- somebody alone has all of it
update public.platform_connection set is_active = false
where user_id = test.bob();
select is(
    pg_temp.takes(test.ann(), 100, '2026-12-01T09:00Z'), 't 100', 'one alone may have all units'
);

-- whoever has no account, and who gets one in the course of the day
select is(
    pg_temp.takes(test.bob(), 1, '2026-12-02T08:00Z'), 'f 0 2026-12-02 08:14',
    'all of the day is kept for who has an account'
);
select is(
    pg_temp.takes(test.bob(), 1, '2026-12-02T08:15Z'), 't 1',
    'who has none gets what is left over'
);
select is(
    pg_temp.takes(test.bob(), 1, '2026-12-02T08:15Z'), 'f 1 2026-12-02 08:28',
    'and nothing by right'
);
select is(pg_temp.takes(test.ann(), 60, '2026-12-02T08:15Z'), 't 61', 'the one who has, her share');
update public.platform_connection set is_active = true
where user_id = test.bob();
select is(
    pg_temp.takes(test.bob(), 40, '2026-12-02T08:15Z'), 'f 61 2026-12-03 08:00',
    'a share is half of the day, once both have an account'
);
select is(
    pg_temp.takes(test.bob(), 39, '2026-12-02T08:15Z'), 't 100', 'as much of it as is still there'
);
select is(
    pg_temp.takes(test.bob(), 1, '2026-12-03T08:00Z'), 't 1', 'the next day'
);
update public.platform_connection set is_active = false
where user_id = test.bob();
select is(
    pg_temp.takes(test.bob(), 1, '2026-12-03T08:15Z'), 'f 1 2026-12-03 08:28',
    'who has unlinked it has no share any more'
);
select is(
    pg_temp.takes(test.ann(), 99, '2026-12-03T08:15Z'), 't 100', 'and the others have it'
);
update public.platform_connection set is_active = true
where user_id = test.bob();

-- what was taken in advance and not spent
create function pg_temp.returns(p_user_id uuid, p_units integer, p_now text)
returns void language plpgsql
as $$
begin
    perform test.act('edge_user', p_user_id);
    perform internal.return_platform_units('youtube', p_units, p_now::timestamptz);
    perform test.act('service_role');
end;
$$;

-- ann has 76 of 100 units of that day and bob 24; 50 are each one's by right
select pg_temp.returns(test.ann(), 6, '2026-11-24T20:00Z');
select is(
    pg_temp.takes(test.bob(), 26, '2026-11-24T20:00Z'), 'f 94 2026-11-25 08:00',
    'what is put back and no more'
);
select is(pg_temp.takes(test.bob(), 1, '2026-11-24T20:00Z'), 't 95', 'is given again');
select pg_temp.returns(test.ann(), 30, '2026-11-24T20:00Z');
select is(pg_temp.takes(test.bob(), 25, '2026-11-24T20:00Z'), 't 90', 'also to others');
select is(
    pg_temp.takes(test.bob(), 6, '2026-11-24T20:00Z'), 'f 90 2026-11-24 22:24',
    'what was of the share is kept for its user again'
);
select pg_temp.returns(test.ann(), 1000, '2026-11-24T20:00Z');
select is(
    pg_temp.takes(test.ann(), 1, '2026-11-24T20:00Z'), 't 51',
    'nobody puts back more than was taken'
);
select pg_temp.returns(test.bob(), 1, '2027-01-01T12:00Z');
select is(
    pg_temp.takes(test.bob(), 1, '2027-01-01T12:00Z'), 't 1',
    'on a day of which none was taken there is none to put back'
);
select is(
    (test.refusal($$ select internal.return_platform_units('youtube', 1) $$)).state, '42501',
    'nobody else puts units back'
);
select is(
    (test.refusal($$ select internal.take_platform_units('youtube', 1, 1) $$)).state, '42501',
    'nobody else takes units'
);

select finish();
rollback;
