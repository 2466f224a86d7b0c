-- login: auth_admin
-- Auth's log says who did what to an account, and forgets after 90 days. Refresh tokens of a
-- project that moved here are taken by the rules of those that are made here.

begin;
select plan(20);

create temporary view entry as
select
    e.payload ->> 'action' as act,
    e.payload ->> 'actor_username' as actor,
    e.payload ->> 'log_type' as kind,
    e.payload -> 'traits' as traits,
    e.ip_address
from auth.audit_log_entries as e
order by e.created_at desc, e.id desc
limit 1;

update auth.users set raw_user_meta_data = '{"full_name": "Ann"}'
where id = test.ann();
select set_config('app.client', '203.0.113.9', true);
select auth.note('user_modified', test.ann());
select results_eq(
    'select act, actor, kind, traits::text, ip_address from entry',
    $$ values ('user_modified', 'ann@example.com', 'user', null::text, '203.0.113.9'::varchar) $$,
    'the log says what was done by whom from where'
);
select is(
    (
        select e.payload ->> 'actor_name' from auth.audit_log_entries as e
        order by e.id desc
        limit 1
    ), 'Ann', 'and by which name'
);
select set_config('app.admin', 'service_role', true);
select auth.note('user_deleted', test.bob(), '{"x": 1}');
select results_eq(
    'select act, actor, kind, traits ->> ''user_email'', traits ->> ''x'' from entry',
    $$ values ('user_deleted', 'service_role', 'team', 'bob@example.com', '1') $$,
    'an admin is a role, and the account is told beside it'
);
select set_config('app.admin', '', true);
select set_config('app.client', '', true);
select auth.note('user_modified', gen_random_uuid());
select is((select e.act from entry as e), 'user_deleted', 'nobody does nothing');

update auth.audit_log_entries set created_at = now() - interval '91 days';
update auth.audit_log_entries set created_at = now() - interval '89 days'
where payload ->> 'action' = 'user_deleted';
insert into auth.audit_log_entries (created_at) select now() - interval '200 days' as created_at
from generate_series(1, 3);
select is(auth.prune('1 day', 2), 2, 'old entries go, so many at a time');
select is(auth.prune('1 day', 10), 2, 'until all are gone');
select is((select count(*) from auth.audit_log_entries), 1::bigint, 'and younger ones stay');

-- tokens of the older form: a session as it comes from elsewhere, whose third token counts
create function pg_temp.move_in()
returns void language sql
as $$
    delete from auth.sessions as s where s.id = test.bob();
    insert into auth.sessions (id, user_id, refresh_token_counter)
    values (test.bob(), test.ann(), null);
    insert into auth.refresh_tokens (token, parent, revoked, session_id, updated_at)
    select
        'token' || n as token,
        'token' || n - 1 as parent,
        n < 3 as revoked,
        test.bob() as session_id,
        now() - interval '1 hour' as updated_at
    from generate_series(1, 3) as n;
$$;
create function pg_temp.take(p_number integer, p_reuse interval default '0')
returns text language sql
as $$
    select r.outcome || ' ' || coalesce(r.counter::text, '-')
    from auth.refresh_older_session('token' || p_number, p_reuse, null, null, null) as r
$$;
create function pg_temp.refresh(p_counter bigint)
returns text language sql
as $$
    select r.outcome || ' ' || coalesce(r.counter::text, '-')
    from auth.refresh_session(test.bob(), p_counter, '0', null, null, null) as r
$$;

select pg_temp.move_in();
select is(pg_temp.take(3), 'ok 1', 'the token that counts is exchanged for the first');
select is(pg_temp.take(3), 'ok 1', 'and again: an answer was lost');
select is(
    (
        select t.revoked from auth.refresh_tokens as t
        where t.token = 'token3'
    ), true,
    'which is noted'
);
select is(pg_temp.take(2), 'refresh_token_already_used -', 'its parent has had its time');
select is(pg_temp.refresh(1), 'refresh_token_not_found -', 'and ends the session');
select pg_temp.move_in();
select is(pg_temp.take(2), 'ok 1', 'the parent of one that was never used counts too');
select is(pg_temp.take(3), 'ok 1', 'as does that one');
select is(pg_temp.refresh(1), 'ok 2', 'and the session goes on');
select is(pg_temp.take(3, '1 hour'), 'ok 2', 'one that was used just now gives what counts');
select is(pg_temp.take(3), 'refresh_token_already_used -', 'and later ends the session');
select pg_temp.move_in();
update auth.sessions set not_after = now() - interval '1 second'
where id = test.bob();
select is(pg_temp.take(3), 'session_expired -', 'a session that is over gives nothing');
select is(
    (
        select t.revoked from auth.refresh_tokens as t
        where t.token = 'token3'
    ), false,
    'and does not use the token up'
);
update auth.refresh_tokens set session_id = null;
select is(pg_temp.take(3), 'refresh_token_not_found -', 'nor does a token of no session');

select finish();
rollback;
