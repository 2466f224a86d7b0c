-- login: auth_admin
-- What was mailed is used once, in time, for the address that it came to, and does what it says.

begin;
select plan(57);

create function pg_temp.redeem(
    p_type text, p_hash text, p_email text default null, p_lifetime interval default '1 hour'
)
returns text language sql
as $$
    select coalesce(
        (
            select case when r.is_half then 'half' else 'whole' end
            from auth.redeem(array[p_type], array[p_hash], p_email, p_lifetime, 3) as r
        ), 'none'
    )
$$;

select auth.create_account(
    '0000000d-0000-4000-8000-000000000000', 'dan@example.com', 'hash', '{"provider": "email"}',
    '{"name": "Dan", "gone": null}', false
);
create temporary view dan as
select
    u.id,
    u.email,
    u.email_change,
    u.email_confirmed_at,
    u.encrypted_password,
    u.raw_user_meta_data,
    u.confirmation_sent_at
from auth.users as u
where u.id = '0000000d-0000-4000-8000-000000000000';
select is((select u.raw_user_meta_data from dan as u), '{"name": "Dan"}', 'nulls are not kept');
create temporary view identity as
select
    i.email,
    i.identity_data
from auth.identities as i
where i.provider_id = (select u.id::text from dan as u);
select is(
    (select i.identity_data ->> 'email_verified' from identity as i), 'false',
    'an account has an identity, which is not verified'
);
select throws_ok(
    $$ select auth.create_account(gen_random_uuid(), 'Dan@Example.com', '', '{}', '{}', true) $$,
    '23505', null, 'an address has one account'
);

select auth.issue_token(u.id, 'confirmation_token', 'h1', 'dan@example.com', null) from dan as u;
select auth.issue_token(u.id, 'confirmation_token', 'h2', 'dan@example.com', null) from dan as u;
select isnt((select u.confirmation_sent_at from dan as u), null, 'it is known when it was mailed');
select is((select count(*) from auth.one_time_tokens), 1::bigint, 'the newest of a kind counts');
select is(pg_temp.redeem('confirmation_token', 'h1'), 'none', 'and no older one');
select is(pg_temp.redeem('recovery_token', 'h2'), 'none', 'as nothing else');
select is(
    pg_temp.redeem('confirmation_token', 'h2', p_lifetime => '0'), 'none', 'nor after its time'
);
select is(pg_temp.redeem('confirmation_token', 'h2'), 'whole', 'but as what it is');
select is(pg_temp.redeem('confirmation_token', 'h2'), 'none', 'once');
select isnt((select u.email_confirmed_at from dan as u), null, 'it confirms the address');
select is((select u.encrypted_password from dan as u), 'hash', 'and keeps the password');
select is(
    (select i.identity_data ->> 'email_verified' from identity as i), 'true',
    'and verifies the identity'
);

-- guessing
select auth.issue_token(u.id, 'recovery_token', 'h3', 'dan@example.com', null) from dan as u;
select is(
    (
        select string_agg(pg_temp.redeem('recovery_token', 'no' || n, 'dan@example.com'), ' ')
        from generate_series(1, 3) as n
    ), 'none none none', 'wrong codes are refused'
);
select is(
    pg_temp.redeem('recovery_token', 'h3', 'dan@example.com'), 'none',
    'and after three the right one too'
);
select is(pg_temp.redeem('recovery_token', 'h3'), 'whole', 'but not the link');

-- who did not prove the address
update auth.users set email_confirmed_at = null
where id = (select u.id from dan as u);
select auth.issue_token(u.id, 'recovery_token', 'h4', 'dan@example.com', null) from dan as u;
select is(pg_temp.redeem('recovery_token', 'h4'), 'whole', 'an address is confirmed by any mail');
select is(
    (select u.encrypted_password from dan as u), '', 'and takes the password that was not proved'
);
select auth.issue_token(u.id, 'recovery_token', 'h5', 'old@example.com', null) from dan as u;
select is(
    pg_temp.redeem('recovery_token', 'h5'), 'none', 'what went to another address counts for none'
);

-- who signed up what another comes with
select auth.create_account(
    '0000000e-0000-4000-8000-000000000000', 'eve@example.com', 'hash', '{}', '{"name": "Eve"}',
    false
);
create temporary view eve as
select
    u.encrypted_password,
    u.raw_user_meta_data,
    i.identity_data
from auth.users as u
inner join auth.identities as i on u.id = i.user_id
where u.id = '0000000e-0000-4000-8000-000000000000';
select auth.contest_sign_up('0000000e-0000-4000-8000-000000000000');
select is((select e.encrypted_password from eve as e), '', 'two passwords are none');
select is((select e.raw_user_meta_data from eve as e), '{}', 'what was said goes with them');
select is(
    (select e.identity_data - 'sub' from eve as e),
    '{"email": "eve@example.com", "email_verified": false, "phone_verified": false}',
    'from the identity too'
);
update auth.users
set encrypted_password = 'hash', raw_user_meta_data = '{"team": "blue"}', invited_at = now()
where id = '0000000e-0000-4000-8000-000000000000';
select auth.contest_sign_up('0000000e-0000-4000-8000-000000000000');
select is((select e.encrypted_password from eve as e), '', 'nor has who is invited a password');
select is(
    (select e.raw_user_meta_data from eve as e), '{"team": "blue"}',
    'but keeps what was said of them'
);
update auth.users
set encrypted_password = 'hash', invited_at = null, last_sign_in_at = now()
where id = '0000000e-0000-4000-8000-000000000000';
select auth.contest_sign_up('0000000e-0000-4000-8000-000000000000');
select is(
    (select e.raw_user_meta_data from eve as e), '{"team": "blue"}', 'as who was signed in does'
);
update auth.users
set encrypted_password = 'hash', email_confirmed_at = now(), last_sign_in_at = null
where id = '0000000e-0000-4000-8000-000000000000';
select auth.contest_sign_up('0000000e-0000-4000-8000-000000000000');
select is((select e.encrypted_password from eve as e), 'hash', 'who is confirmed keeps it');
select is((select e.raw_user_meta_data from eve as e), '{"team": "blue"}', 'and the words');

-- moving
select auth.plan_email_change(u.id, 'new@example.com', true) from dan as u;
select auth.issue_token(u.id, 'email_change_token_current', 'h61', 'dan@example.com', null)
from dan as u;
select is(
    pg_temp.redeem('email_change_token_current', 'h61'), 'half', 'who agrees proves no new address'
);
select is((select u.email from dan as u), 'dan@example.com', 'though nothing else is mailed');
select auth.issue_token(u.id, 'email_change_token_new', 'h62', 'new@example.com', null)
from dan as u;
select auth.plan_email_change(u.id, 'new@example.com', true) from dan as u;
select is(pg_temp.redeem('email_change_token_new', 'h62'), 'none', 'a new plan forgets the old');
select auth.issue_token(u.id, 'email_change_token_new', 'h63', 'new@example.com', null)
from dan as u;
select is(
    pg_temp.redeem('email_change_token_new', 'h63'), 'half', 'and who agreed to that'
);
select is((select u.email from dan as u), 'dan@example.com', 'and moves nobody');
select auth.plan_email_change(u.id, 'new@example.com', true) from dan as u;
select auth.issue_token(u.id, 'email_change_token_new', 'h6', 'new@example.com', null)
from dan as u;
select auth.issue_token(u.id, 'email_change_token_current', 'h7', 'dan@example.com', null)
from dan as u;
select is(pg_temp.redeem('email_change_token_new', 'h6'), 'half', 'one address is half');
select is((select u.email from dan as u), 'dan@example.com', 'and moves nobody');
select is(pg_temp.redeem('email_change_token_current', 'h7'), 'whole', 'both are whole');
select is((select u.email || u.email_change from dan as u), 'new@example.com', 'and move');
select is(
    (select i.email from identity as i), 'new@example.com', 'the identity goes with it'
);

select auth.plan_email_change(u.id, 'new@example.com', false) from dan as u;
select auth.issue_token(u.id, 'email_change_token_new', 'h71', 'new@example.com', null)
from dan as u;
select is(
    pg_temp.redeem('email_change_token_new', 'h71'), 'whole',
    'where the old address has no say the new one is'
);

-- a new password
select auth.plan_email_change(u.id, 'eves@example.com', false) from dan as u;
select
    auth.issue_token(
        u.id, t.token_type, t.token_type,
        case t.token_type when 'email_change_token_new' then 'eves@example.com' else u.email end,
        null
    )
from dan as u
cross join unnest(
    array[
        'confirmation_token', 'recovery_token', 'email_change_token_new',
        'email_change_token_current', 'reauthentication_token'
    ]
) as t (token_type);
select auth.set_password(u.id, 'new hash') from dan as u;
select is((select u.encrypted_password from dan as u), 'new hash', 'a password is set');
select is_empty(
    'select t.token_type from auth.one_time_tokens as t', 'with it nothing that was mailed counts'
);
select is((select u.email_change from dan as u), '', 'and nobody moves');

-- ending elsewhere
select auth.begin_flow(
    '0000000f-0000-4000-8000-000000000000', u.id, 'challenge', 's256', 'magiclink'
) from dan as u;
select auth.issue_token(
    u.id, 'recovery_token', 'h8', 'new@example.com', '0000000f-0000-4000-8000-000000000000'
) from dan as u;
select is(
    (
        select v.outcome
        from auth.verify_for_code(array['recovery_token'], array['h8'], '1h', 'magiclink', 'c') as v
    ), 'ok', 'a link gives a code'
);
create function pg_temp.exchange(p_code text, p_s256 text, p_lifetime interval default '5 min')
returns text language sql
as $$
    select e.outcome || case when e.session_id is null then '' else ' session' end
    from auth.exchange_code(
        p_code, p_s256, 'challenge', p_lifetime, null, null, null, false
    ) as e
$$;
select is(pg_temp.exchange('x', 'challenge'), 'flow_state_not_found', 'no other code counts');
select is(pg_temp.exchange('c', 'other'), 'bad_code_verifier', 'and only with its verifier');
select is(pg_temp.exchange('c', 'challenge', '0'), 'flow_state_expired', 'in time');
select is(pg_temp.exchange('c', 'challenge'), 'ok session', 'then it signs in');
select is(pg_temp.exchange('c', 'challenge'), 'flow_state_not_found', 'once');

-- changing and leaving
select is(
    auth.merged('{"a": 1, "b": {"c": 1}}', '{"a": null, "b": {"d": null}, "e": 2}'),
    '{"b": {"d": null}, "e": 2}', 'metadata is merged at its top, and null takes away'
);
select auth.merge_metadata(u.id, null, '{"a": 1}') from dan as u;
prepare merge (text, integer) as
select
    auth.merge_metadata(
        u.id, null, pg_catalog.jsonb_build_object($1, nullif(repeat('x', $2), ''))
    )
from dan as u;
select lives_ok('execute merge (''b'', 1200)', 'the backend''s own may grow');
select throws_ok('execute merge (''c'', 1200)', 'PT400', null, 'to what a token carries');
update auth.users
set raw_app_meta_data = raw_app_meta_data || jsonb_build_object('d', repeat('y', 9000))
where id = (select u.id from dan as u);
select throws_ok('execute merge (''e'', 1)', 'PT400', null, 'what is longer grows no more');
select lives_ok('execute merge (''b'', 0)', 'but shrinks');
select auth.retire_account(u.id) from dan as u;
select is_empty(
    $$
        select t.relation from (
            select 'users' as relation, u::text as words from auth.users as u
            union all select 'identities', i::text from auth.identities as i
            union all select 'tokens', t::text from auth.one_time_tokens as t
        ) as t where t.words ~* 'dan|new@'
    $$,
    'an account that is retired leaves nothing personal'
);

-- among many
insert into auth.users (email, email_change)
select
    format('many%s@example.com', n.number) as email,
    case when n.number % 2 = 0 then format('more%s@example.com', n.number) end as email_change
from generate_series(1, 2000) as n (number);
select auth.issue_token(u.id, 'recovery_token', u.email, u.email, null)
from auth.users as u
where u.email like 'many%';
analyze auth.users, auth.one_time_tokens;
create temporary view rows_read as
select sum(s.seq_tup_read + coalesce(s.idx_tup_fetch, 0))::integer as number
from pg_catalog.pg_stat_xact_user_tables as s
where s.relid in ('auth.users'::regclass, 'auth.one_time_tokens'::regclass);
create temporary table read_before as select r.number from rows_read as r;
select is(pg_temp.redeem('recovery_token', 'wrong', 'many7@example.com'), 'none', 'a wrong code');
select is(pg_temp.redeem('recovery_token', 'wrong', 'more8@example.com'), 'none', 'or another');
select cmp_ok(
    (
        select r.number - b.number
        from rows_read as r
        cross join read_before as b
    ), '<', 40, 'is counted without reading them all'
);

-- what others see
select is_empty(
    $$
        select p.oid::regprocedure
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'auth'::regnamespace
            and p.proname not in ('uid', 'role', 'email', 'jwt')
            and not ('search_path=""' = any(coalesce(p.proconfig, '{}')) and not p.prosecdef)
    $$,
    'no function of auth has another path or another''s rights'
);

select finish();
rollback;
