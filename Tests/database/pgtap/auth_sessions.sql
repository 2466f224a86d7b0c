-- login: auth_admin
-- Refresh tokens are used once; an answer that was lost costs nobody the session, a token in wrong
-- hands ends it.

begin;
select plan(29);

create temporary table opened as
select
    o.session_id,
    o.counter,
    o.claims
from auth.open_session(test.ann(), 'password', 'a browser', '203.0.113.9', '1 day', false) as o;
create temporary view session as
select
    s.id,
    s.user_agent,
    s.ip,
    s.created_at,
    s.not_after
from auth.sessions as s
where s.id = (select o.session_id from opened as o);

create function pg_temp.refresh(p_counter bigint, p_reuse interval default '0')
returns text language sql
as $$
    select r.outcome || ' ' || coalesce(r.counter::text, '-')
    from opened as o
    cross join lateral auth.refresh_session(o.session_id, p_counter, p_reuse, null, null, null) as r
$$;

select is((select o.counter from opened as o), 1::bigint, 'the first token has the number 1');
select is(
    (select o.claims ->> 'sub' from opened as o), test.ann()::text, 'the claims say whose it is'
);
select is(
    (select o.claims -> 'amr' -> 0 ->> 'method' from opened as o), 'password', 'and how'
);
select is(
    (select o.claims ->> 'session_id' from opened as o), (select s.id::text from session as s),
    'and where'
);
select is(
    (select host(s.ip) || ' ' || s.user_agent from session as s), '203.0.113.9 a browser',
    'the session knows where it began'
);
select ok(
    (select s.not_after = s.created_at + interval '1 day' from session as s), 'and when it ends'
);
select isnt(
    (
        select u.last_sign_in_at from auth.users as u
        where u.id = test.ann()
    ), null,
    'the account knows that it was signed in to'
);

select results_eq(
    $$
        select auth.is_signed_in(a.email, a.ip::inet)
        from (
            values
            ('ann@example.com', '203.0.113.9'), ('ann@example.com', '203.0.113.8'),
            ('ann@example.com', null), ('nobody@example.com', '203.0.113.9')
        ) as a (email, ip)
    $$,
    'values (true), (false), (false), (false)', 'an account is known to be signed in at a place'
);
select is(pg_temp.refresh(1), 'ok 2', 'a token is replaced by the next');
select is(pg_temp.refresh(1), 'ok 2', 'its parent gives the one that counts');
select is(pg_temp.refresh(1), 'ok 2', 'again and again');
select is(pg_temp.refresh(2), 'ok 3', 'and that one goes on');
select is(
    pg_temp.refresh(1), 'refresh_token_already_used -', 'one that was replaced twice is reused'
);
select is((select count(*) from session), 0::bigint, 'and ends the session');
select is(pg_temp.refresh(3), 'refresh_token_not_found -', 'for everybody');

truncate opened;
insert into opened
select
    o.session_id,
    o.counter,
    o.claims
from auth.open_session(test.ann(), 'otp', null, null, null, false) as o;
select is(
    (
        select string_agg(pg_temp.refresh(n, '1 minute'), ', ')
        from generate_series(1, 3) as n
    ), 'ok 2, ok 3, ok 4', 'within the interval tokens are replaced as ever'
);
select is(
    pg_temp.refresh(1, '1 minute'), 'ok 4',
    'one that was replaced just now gives the one that counts'
);
update auth.sessions set replaced_at[1] = replaced_at[1] - interval '1 hour';
select is(
    pg_temp.refresh(1, '1 minute'), 'refresh_token_already_used -',
    'one that was replaced before the interval is not'
);
select is(pg_temp.refresh(4), 'refresh_token_not_found -', 'and ends the session too');

truncate opened;
insert into opened
select
    o.session_id,
    o.counter,
    o.claims
from auth.open_session(test.ann(), 'otp', null, null, null, false) as o;
select is(pg_temp.refresh(7), 'ok 8', 'a token that is newer than the database counts');
select is(
    (
        select string_agg(r.outcome, ' ')
        from auth.refresh_session(
            (select o.session_id from opened as o), 8, '0', interval '-1 second', null, null
        ) as r
    ), 'session_expired', 'one that was not used for too long does not'
);
update auth.users set banned_until = now() + interval '1 hour'
where id = test.ann();
select is(pg_temp.refresh(8), 'user_banned -', 'nor that of somebody who is banned');
select throws_ok(
    'select * from auth.open_session(test.ann(), ''password'', null, null, null, false)',
    'PT400', 'User is banned', 'who is not signed in either'
);
update auth.users set banned_until = null, deleted_at = now()
where id = test.ann();
select is(pg_temp.refresh(8), 'refresh_token_not_found -', 'nor that of somebody who is gone');
select throws_ok(
    'select * from auth.open_session(test.ann(), ''password'', null, null, null, false)',
    'PT403', null, 'who is not signed in either'
);
update auth.users set deleted_at = null
where id = test.ann();

create temporary table sole as
select o.session_id from auth.open_session(test.ann(), 'otp', null, null, null, true) as o;
select is(
    (
        select count(*) from auth.sessions as s
        where s.user_id = test.ann()
    ), 1::bigint,
    'a single session ends the others'
);
update auth.sessions set not_after = now() - interval '1 second';
select is(auth.prune('1 day', 10), 1, 'what is over goes');

truncate sole;
insert into sole
select o.session_id from auth.open_session(test.ann(), 'otp', null, null, null, false) as o
union all
select o.session_id from auth.open_session(test.ann(), 'otp', null, null, null, false) as o
union all
select o.session_id from auth.open_session(test.ann(), 'otp', null, null, null, false) as o;
update auth.sessions as s
set
    created_at = now() - interval '3 hours',
    refreshed_at = case n.number
        when 1 then now() - interval '2 hours' when 2 then now() - interval '30 minutes'
    end
from (
    select
        o.session_id,
        row_number() over () as number
    from sole as o
) as n
where s.id = n.session_id;
select is(auth.prune('1 day', 10), 0, 'what is idle stays where it may');
select is(auth.prune('1 day', 10, '1 hour'), 2, 'and goes where it may not');

select finish();
rollback;
