-- login: edge_service
-- Linking an account, one call after another: states, limits, channels, unlinking.

begin;
select no_plan();

-- a call as somebody, and what it says: the first column, or the code that it is refused with
create function pg_temp.says(p_role text, p_user_id uuid, p_statement text) returns text
language plpgsql as $$
declare
    v_said text;
    v_detail text;
begin
    perform test.act(p_role, p_user_id);
    begin
        execute p_statement into v_said;
    exception
        when others then
            get stacked diagnostics v_detail = pg_exception_detail;
            v_said := case
                when left(sqlstate, 2) = 'PT' then v_detail::jsonb ->> 'code'
                else sqlstate
            end;
    end;
    perform set_config('role', 'service_role', true);
    perform set_config('request.jwt.claims', '{"role":"service_role"}', true);
    return v_said;
end;
$$;

set local role service_role;
select set_config('request.jwt.claims', '{"role":"service_role"}', true);

-- a text of the form that processes seal in; here nothing opens it
create function pg_temp.sealed() returns text language sql
as $$ select format('v1.k.%s.%s', repeat('k', 80), md5(random()::text) || md5('')) $$;

create function pg_temp.begin(p_user_id uuid, p_platform text, p_state text) returns text
language sql as $$
    select pg_temp.says('edge_user', p_user_id, format(
        'select internal.begin_link(%L, gen_random_uuid(), sha256(%L), null, %L)',
        p_platform, p_state, 'https://app.example/back'
    ))
$$;

create function pg_temp.take(p_user_id uuid, p_platform text, p_state text) returns text
language sql as $$
    select pg_temp.says('edge_user', p_user_id, format(
        'select id from internal.take_state(%L, sha256(%L))', p_platform, p_state
    ))
$$;

create function pg_temp.complete(
    p_user_id uuid, p_state_id text, p_channel text, p_secret_id uuid default gen_random_uuid()
) returns text language sql as $$
    select pg_temp.says('edge_user', p_user_id, format(
        'select social_account_id from internal.complete_link('
        '%L, %L, %L, now(), now() + interval ''1 hour'', null, %L, %L)',
        p_state_id, jsonb_build_object(
            'id', p_channel, 'display_name', 'Channel ' || p_channel, 'username', p_channel,
            'app_user_id', 'app-' || p_channel, 'follower_count', 12
        ),
        '{scope}', p_secret_id, pg_temp.sealed()
    ))
$$;

-- all of it: the account's id, or what it is refused with
create function pg_temp.link(
    p_user_id uuid, p_platform text, p_channel text, p_secret_id uuid default gen_random_uuid()
) returns text language plpgsql as $$
declare
    v_state text := gen_random_uuid();
    v_said text := pg_temp.begin(p_user_id, p_platform, v_state);
begin
    if v_said !~ '^\d{4}-' then
        return v_said;
    end if;
    v_said := pg_temp.take(p_user_id, p_platform, v_state);
    return pg_temp.complete(p_user_id, v_said, p_channel, p_secret_id);
end;
$$;

create function pg_temp.used(p_user_id uuid) returns integer language sql as $$
    select social_accounts_used from public.subscription where user_id = p_user_id
$$;

create function pg_temp.put(p_user_id uuid, p_tier text) returns void language sql
as $$
    update public.subscription set
        tier_id = (select id from public.subscription_tier where slug = p_tier)
    where user_id = p_user_id
$$;

create function pg_temp.secrets(p_like text default '%') returns text [] language sql as $$
    select array_agg(s.name order by s.name)
    from test.secrets() as s
    where s.name like p_like
$$;

-- states
select matches(pg_temp.begin(test.ann(), 'youtube', 'one'), '^\d{4}-', 'a link begins');
select is(
    (
        select array[state_hash, sha256('one')]::text || (expires_at - now())::text
        from public.oauth_state
    ),
    array[sha256('one'), sha256('one')]::text || '00:10:00',
    'its state is kept hashed, for ten minutes'
);
select is(pg_temp.begin(test.ann(), 'facebook', 'two'), 'CONFLICT', 'not where nothing is linked');
select is(
    pg_temp.says('edge_visitor', null, $$
        select redirect_to from internal.link_target('youtube', sha256('one')) $$),
    'https://app.example/back', 'a browser is told where to go on'
);
select is(
    pg_temp.says('edge_visitor', null, $$
        select redirect_to from internal.link_target('tiktok', sha256('one')) $$),
    null, 'and not for another platform'
);
create function pg_temp.is_own(p_user_id uuid, p_platform text, p_state text) returns text
language sql as $$
    select pg_temp.says('edge_user', p_user_id, format(
        'select internal.is_own_state(%L, sha256(%L))', p_platform, p_state
    ))
$$;
select is(pg_temp.is_own(test.ann(), 'youtube', 'one'), 'true', 'whoever began it may ask for it');
select is(pg_temp.is_own(test.bob(), 'youtube', 'one'), 'false', 'for others there is none');
select is(pg_temp.is_own(test.ann(), 'tiktok', 'one'), 'false', 'nor on another platform');
select is(
    pg_temp.take(test.bob(), 'youtube', 'one'), 'STATE_INVALID', 'another user''s state is none'
);
select is(
    pg_temp.take(test.ann(), 'tiktok', 'one'), 'STATE_INVALID', 'another platform''s neither'
);
select is(
    pg_temp.take(test.ann(), 'youtube', 'other'), 'STATE_INVALID', 'nor one that nobody made'
);
select is((select used_at from public.oauth_state), null, 'by all that it is not used up');
create temporary table taken as select pg_temp.take(test.ann(), 'youtube', 'one') as id;
select is(
    (select t.id from taken as t), (select s.id::text from public.oauth_state as s),
    'its own user takes it'
);
select is(pg_temp.take(test.ann(), 'youtube', 'one'), 'STATE_INVALID', 'once');
select is(pg_temp.is_own(test.ann(), 'youtube', 'one'), 'false', 'which whoever asks is told');
select is(
    pg_temp.says('edge_visitor', null, $$
        select redirect_to from internal.link_target('youtube', sha256('one')) $$),
    null, 'then no browser is sent anywhere for it'
);
select is(
    pg_temp.complete(test.bob(), (select t.id from taken as t), 'UC1'), 'STATE_INVALID',
    'what one has taken no other completes'
);

-- linking
select matches(
    pg_temp.complete(test.ann(), (select t.id from taken as t), 'UC1'), '^[0-9a-f-]{36}$',
    'a taken state leads to an account'
);
select is(
    pg_temp.complete(test.ann(), (select t.id from taken as t), 'UC2'), 'STATE_INVALID', 'to one'
);
select is(
    (
        select
            concat_ws(
                ' ', p.slug, c.platform_user_id, c.scopes, c.is_active, a.account_name,
                a.account_username, a.follower_count, a.is_primary, s.slug, a.deleted_at
            )
        from public.social_account as a
        inner join public.platform_connection as c on a.connection_id = c.id
        inner join public.platform as p on a.platform_id = p.id
        inner join public.account_status as s on a.status_id = s.id
        where a.user_id = test.ann()
    ),
    'youtube UC1 {scope} t Channel UC1 UC1 12 t active', 'with what the platform said'
);
select is(
    pg_temp.secrets(), array['user_' || test.ann() || '_youtube_UC1'], 'its tokens are sealed'
);
select is(pg_temp.used(test.ann()), 1, 'and it counts');

-- limits
select is(pg_temp.begin(test.ann(), 'tiktok', 'three'), 'QUOTA_EXCEEDED', 'the free tier has one');
select matches(
    pg_temp.link(test.ann(), 'youtube', 'UC1'), '^[0-9a-f-]{36}$', 'which may be linked again'
);
select is(pg_temp.link(test.ann(), 'youtube', 'UC2'), 'QUOTA_EXCEEDED', 'and no other instead');
select pg_temp.put(test.ann(), 'basic');
select pg_temp.begin(test.ann(), 'tiktok', 'late');
select pg_temp.put(test.ann(), 'free');
create temporary table late as select pg_temp.take(test.ann(), 'tiktok', 'late') as id;
select is(
    pg_temp.complete(test.ann(), (select l.id from late as l), 'T1'), 'QUOTA_EXCEEDED',
    'a link that was begun when there was room ends where there is none'
);
select is((select count(*) from public.social_account), 1::bigint, 'and nothing of it stays');

-- again, and others
select pg_temp.put(test.ann(), 'basic');
create temporary table again as select pg_temp.link(test.ann(), 'youtube', 'UC1') as id;
select is(
    (select g.id from again as g), (select a.id::text from public.social_account as a),
    'the same channel is the same account'
);
select is(pg_temp.used(test.ann()), 1, 'and counts once');
select is(pg_temp.link(test.bob(), 'youtube', 'UC1'), 'CONFLICT', 'nobody else links it');
select is(
    (select user_id from public.platform_connection), test.ann(), 'it stays whose it is'
);
select is(pg_temp.used(test.bob()), 0, 'and counts for nobody else');

-- accounts to work with
create function pg_temp.ask(p_role text, p_user_id uuid, p_platform text, p_id text) returns text
language sql as $$
    select pg_temp.says(p_role, p_user_id, format(
        'select social_account_id from internal.linked_account(%L, %L)', p_platform, p_id
    ))
$$;
select is(
    pg_temp.ask('edge_user', test.ann(), 'youtube', null), (select g.id from again as g),
    'the only account of the platform needs no name'
);
select is(
    pg_temp.ask('edge_user', test.bob(), 'youtube', (select g.id from again as g)), 'NOT_FOUND',
    'another''s account is none'
);
select is(
    pg_temp.ask('edge_user', test.ann(), 'tiktok', (select g.id from again as g)), 'NOT_FOUND',
    'nor is one of another platform'
);
select is(
    pg_temp.ask('service_role', null, 'youtube', (select g.id from again as g)),
    (select g.id from again as g), 'the service role names anybody''s'
);
select is(pg_temp.ask('service_role', null, 'youtube', null), '42501', 'and has to name it');
select pg_temp.link(test.ann(), 'youtube', 'UC2');
select is(
    pg_temp.ask('edge_user', test.ann(), 'youtube', null), 'VALIDATION_FAILED',
    'of two one has to be named'
);
select is(pg_temp.used(test.ann()), 2, 'two count twice');

-- tokens
create function pg_temp.of(p_role text, p_user_id uuid, p_call text) returns text
language sql as $$
    select pg_temp.says(p_role, p_user_id, format(
        'select * from internal.' || p_call,
        (select id from public.platform_connection where platform_user_id = 'UC1')
    ))
$$;
create function pg_temp.secret_id() returns uuid language sql as $$
    select s.id from test.secrets() as s where s.name like '%UC1'
$$;
select is(
    pg_temp.of('edge_user', test.ann(), 'connection_secret(%L, ''test'')'),
    pg_temp.secret_id()::text, 'the owner gets the sealed tokens'
);
select is(
    pg_temp.of('edge_user', test.bob(), 'connection_secret(%L, ''test'')'), 'NOT_FOUND',
    'nobody else does'
);
select is(
    pg_temp.of('edge_visitor', null, 'connection_secret(%L, ''test'')'), '42501', 'nor a visitor'
);
select is(
    pg_temp.of('edge_user', test.ann(), 'begin_refresh(%L, test.ann(), ''1 minute'')'), 'true',
    'one refreshes them'
);
select is(
    pg_temp.of('edge_user', test.ann(), 'begin_refresh(%L, test.bob(), ''1 minute'')'), 'false',
    'and no second'
);
select is(
    pg_temp.of('edge_user', test.ann(), format(
        'finish_refresh(%%L, test.bob(), %L, %L, now(), now(), null, null)',
        gen_random_uuid(), pg_temp.sealed()
    )), 'false', 'who stores nothing'
);
select is(
    pg_temp.of('edge_user', test.bob(), format(
        'finish_refresh(%%L, test.ann(), %L, %L, now(), now(), null, null)',
        gen_random_uuid(), pg_temp.sealed()
    )), 'NOT_FOUND', 'as nobody else does'
);
select is(
    pg_temp.of('edge_user', test.ann(), format(
        'finish_refresh(%%L, test.ann(), %L, %L, now(), now(), null, null)', test.ada(),
        pg_temp.sealed()
    )), 'true', 'the one stores new ones'
);
select is(pg_temp.secret_id(), test.ada(), 'which are those from then on');
select is(
    pg_temp.of('edge_user', test.ann(), format(
        'finish_refresh(%%L, test.ann(), %L, %L, now(), now(), null, null)', test.bob(),
        pg_temp.sealed()
    )), 'false', 'once'
);
select is(
    pg_temp.of('edge_user', test.ann(), 'begin_refresh(%L, test.ann(), ''0 seconds'')'), 'true',
    'when a lease is over'
);
select is(
    pg_temp.of('edge_user', test.ann(), 'begin_refresh(%L, test.bob(), ''1 minute'')'), 'true',
    'another takes it'
);
select pg_temp.link(test.ann(), 'youtube', 'UC1');
select is(
    pg_temp.of('edge_user', test.ann(), format(
        'finish_refresh(%%L, test.bob(), %L, %L, now(), now(), null, null)', test.bob(),
        pg_temp.sealed()
    )), 'false', 'what was refreshed while the account was linked anew is not stored'
);

-- tokens that are dead
select is(
    pg_temp.of('edge_user', test.ann(), 'require_relink(%L, test.ada(), ''dead'')'), 'false',
    'that older tokens are dead says nothing of those that are there'
);
select is(
    pg_temp.of('edge_user', test.bob(), format(
        'require_relink(%%L, %L, ''dead'')', pg_temp.secret_id()
    )), 'NOT_FOUND', 'nobody ends another''s connection'
);
select is(
    pg_temp.of('service_role', null, format(
        'require_relink(%%L, %L, ''dead'')', pg_temp.secret_id()
    )), 'true', 'dead tokens end a connection'
);
select is(
    (
        select concat_ws(' ', c.is_active, c.last_error, a.is_active, s.slug, a.deleted_at)
        from public.platform_connection as c
        inner join public.social_account as a on c.id = a.connection_id
        inner join public.account_status as s on a.status_id = s.id
        where c.platform_user_id = 'UC1'
    ), 'f dead f inactive', 'which its account shows'
);
select is(pg_temp.used(test.ann()), 1, 'it does not count any more');
select is(pg_temp.secret_id(), null, 'its tokens are gone');
select is(
    (
        select array_agg(n.type || ': ' || n.title || ': ' || n.message)
        from public.notification as n
        where n.user_id = test.ann() and n.related_entity_type = 'social_account'
    ), array['warning: Link your YouTube account again: Channel UC1: dead'],
    'and its owner is told, once'
);
select is(
    pg_temp.ask('edge_user', test.ann(), 'youtube', (select g.id from again as g)),
    'REAUTH_REQUIRED', 'it is not worked with'
);
select is(
    pg_temp.link(test.bob(), 'youtube', 'UC1'), 'CONFLICT', 'it is still nobody else''s'
);
select is(
    pg_temp.link(test.ann(), 'youtube', 'UC1'), (select g.id from again as g),
    'linked again it is the same'
);
select is(pg_temp.used(test.ann()), 2, 'and counts');

-- unlinking
create function pg_temp.unlink(p_user_id uuid, p_revocation uuid) returns text language sql as $$
    select pg_temp.says('edge_user', p_user_id, format(
        'select internal.disconnect_account(%L, %L, gen_random_uuid(), %L)',
        (select g.id from again as g), p_revocation, pg_temp.sealed()
    ))
$$;
select is(pg_temp.unlink(test.bob(), gen_random_uuid()), 'NOT_FOUND', 'only by its owner');
select matches(pg_temp.unlink(test.ann(), test.ada()), '^\d{4}-', 'an account is unlinked');
select is(
    (
        select concat_ws(' ', c.is_active, a.is_active, s.slug, a.deleted_at = now())
        from public.platform_connection as c
        inner join public.social_account as a on c.id = a.connection_id
        inner join public.account_status as s on a.status_id = s.id
        where c.platform_user_id = 'UC1'
    ), 'f f disconnected t', 'which is soft'
);
select is(pg_temp.used(test.ann()), 1, 'it does not count');
select is(
    pg_temp.secrets(),
    array['revoke_' || test.ada(), 'user_' || test.ann() || '_youtube_UC2'],
    'its tokens are gone but for what ends the grant'
);
select is(
    (
        select count(*)
        from public.notification as n
        where n.user_id = test.ann()
    ),
    2::bigint,
    'nobody is told what they did themselves'
);
select pg_temp.unlink(test.ann(), test.bob());
select is(
    (pg_temp.secrets())[1], 'revoke_' || test.ada(), 'unlinked again it changes nothing'
);
select is(
    pg_temp.of('service_role', null, 'take_revocations(10)'), null,
    'the grant''s end is not tried at once by others'
);
create function pg_temp.renew(p_user_id uuid, p_revocation uuid) returns text language sql as $$
    select pg_temp.says('edge_user', p_user_id, format(
        'select internal.renew_revocation(%L, test.bob(), %L)', p_revocation, pg_temp.sealed()
    ))
$$;
select is(pg_temp.renew(test.bob(), test.ada()), 'false', 'another has nothing to end it with');
select is(pg_temp.renew(test.ann(), test.bob()), 'false', 'nor has no revocation anything');
select is(pg_temp.renew(test.ann(), test.ada()), 'true', 'its tokens may be new ones meanwhile');
select is(
    (
        select s.name from test.secrets() as s
        where s.id = test.bob()
    ), 'revoke_' || test.ada(),
    'which are stored in the place of the old ones'
);
select is(
    pg_temp.says('edge_user', test.bob(), format(
        'select internal.settle_revocation(%L)', test.ada()
    )), '', 'another says that it is done'
);
select is((pg_temp.secrets())[1], 'revoke_' || test.ada(), 'to no end');
create function pg_temp.revoke_unlinked(
    p_user_id uuid, p_revocation uuid, p_channel text default 'UC1'
) returns text language sql as $$
    select pg_temp.says('edge_user', p_user_id, format(
        'select internal.revoke_unlinked(%L, %L, gen_random_uuid(), %L)',
        (select c.id from public.platform_connection as c where c.platform_user_id = p_channel),
        p_revocation, pg_temp.sealed()
    ))
$$;
select is(
    pg_temp.revoke_unlinked(test.bob(), test.bob()), 'NOT_FOUND', 'nobody revokes for another'
);
select is(
    pg_temp.revoke_unlinked(test.ann(), test.bob(), 'UC2'), 'false',
    'a refresh that was late revokes nothing that is linked'
);
select is(
    pg_temp.revoke_unlinked(test.ann(), test.bob()), 'true', 'but what was unlinked meanwhile'
);
select is(
    (pg_temp.secrets())[1], 'revoke_' || test.bob(), 'with its tokens instead of older ones'
);
select is(array_length(pg_temp.secrets(), 1), 2, 'of which nothing stays');
select pg_temp.says('edge_user', test.ann(), format(
    'select internal.settle_revocation(%L)', test.bob()
));
select is(
    pg_temp.secrets(), array['user_' || test.ann() || '_youtube_UC2'],
    'once it is done nothing of it stays'
);

-- a channel that was unlinked, and of which nothing is stored, is free
select matches(
    pg_temp.link(test.bob(), 'youtube', 'UC1'), '^[0-9a-f-]{36}$', 'another user links it'
);
select is(pg_temp.used(test.bob()), 1, 'for whom it counts');
select is(pg_temp.used(test.ann()), 1, 'and not for who had it');

-- an account that an operator has taken out of use
create function pg_temp.status(p_channel text) returns text language sql as $$
    select concat_ws(' ', s.slug, c.is_active, a.deleted_at is not null)
    from public.platform_connection as c
    inner join public.social_account as a on c.id = a.connection_id
    inner join public.account_status as s on a.status_id = s.id
    where c.platform_user_id = p_channel
$$;
create temporary table kept as select pg_temp.link(test.ann(), 'tiktok', 'S1') as id;
update public.social_account
set
    status_id = (
        select s.id from public.account_status as s
        where s.slug = 'suspended'
    )
where id = (select k.id from kept as k)::uuid;
select is(pg_temp.link(test.ann(), 'tiktok', 'S1'), 'FORBIDDEN', 'its owner does not link it');
select pg_temp.says('edge_visitor', null, $$
    select internal.authorisation_removed('tiktok', 'S1', now() + '1 hour', 'gone') $$);
select is(pg_temp.status('S1'), 'suspended f t', 'it stays that when it is unlinked');
select is(pg_temp.link(test.ann(), 'tiktok', 'S1'), 'FORBIDDEN', 'and is not linked then either');
select pg_temp.put(test.bob(), 'basic');
select is(pg_temp.link(test.bob(), 'tiktok', 'S1'), 'CONFLICT', 'nor by another');
update public.social_account
set deleted_at = null
where id = (select k.id from kept as k)::uuid;
select matches(
    pg_temp.says('edge_user', test.ann(), format(
        'select internal.disconnect_account(%L, %L, null, null)',
        (select k.id from kept as k), gen_random_uuid()
    )), '^\d{4}-', 'what is out of use already can be unlinked'
);
select is(pg_temp.status('S1'), 'suspended f t', 'and stays that');
select is(pg_temp.used(test.ann()), 1, 'it does not count');

-- what platforms tell
create function pg_temp.removed(p_id text, p_at text) returns text language sql as $$
    select pg_temp.says('edge_visitor', null, format(
        'select internal.authorisation_removed(''youtube'', %L, now() + %L, ''gone'')', p_id, p_at
    ))
$$;
select is(pg_temp.removed('UC2', '-1 hour'), '0', 'what was before the link is of no matter');
select is(pg_temp.removed('nobody', '1 hour'), '0', 'nor is who was never here');
select is(pg_temp.removed('app-UC2', '1 hour'), '1', 'a removed authorisation unlinks');
select is(pg_temp.removed('app-UC2', '1 hour'), '0', 'told twice it does so once');
select is(pg_temp.used(test.ann()), 0, 'and the account does not count');
select is(
    (
        select a.deleted_at is not null from public.social_account as a
        inner join public.platform_connection as c on a.connection_id = c.id
        where c.platform_user_id = 'UC2'
    ), true, 'it is unlinked'
);
select is(
    pg_temp.says('edge_visitor', null, $$
        select internal.request_data_deletion('youtube', 'UC2', now() + '1 hour', sha256('c')) $$),
    '', 'what is stored of it is to be deleted'
);
select is(
    pg_temp.says('edge_visitor', null, $$
        select completed_at from internal.data_deletion_state(sha256('c')) $$),
    null, 'which its code says'
);
select is(
    pg_temp.link(test.ann(), 'youtube', 'UC2'), 'CONFLICT', 'it is not linked meanwhile'
);
select is(
    pg_temp.says('edge_visitor', null, 'select internal.continue_data_deletion()'), 'true',
    'the deletion goes on'
);
select is(
    pg_temp.says('edge_visitor', null, 'select internal.continue_data_deletion()'), 'false',
    'and comes to its end'
);
select is(
    (
        select count(*)
        from public.platform_connection as c
        where c.platform_user_id = 'UC2'
    ),
    0::bigint, 'then nothing is left'
);
select isnt(
    pg_temp.says('edge_visitor', null, $$
        select completed_at from internal.data_deletion_state(sha256('c')) $$),
    null, 'and its code says so'
);

-- what runs out
select is(pg_temp.used(test.bob()), 1, 'Bob has one');
update public.platform_connection set
    platform_id = (
        select p.id from public.platform as p
        where p.slug = 'instagram'
    ),
    token_issued_at = now() - interval '50 days', token_expires_at = now() + interval '9 days';
create function pg_temp.due(p_within interval default '1 day') returns bigint language sql as $$
    select count(*) from internal.due_refreshes(p_within, 10)
$$;
select is(pg_temp.due(), 1::bigint, 'Instagram''s token, ten days before its end');
update public.platform_connection set token_expires_at = now() + interval '11 days';
select is(pg_temp.due(), 0::bigint, 'not earlier');
select is(pg_temp.due('12 days'), 1::bigint, 'unless that is asked for');
update public.platform_connection set token_issued_at = now() - interval '23 hours';
select is(pg_temp.due('12 days'), 0::bigint, 'and not on its first day');
update public.platform_connection set
    platform_id = (
        select p.id from public.platform as p
        where p.slug = 'tiktok'
    ),
    token_expires_at = now(), refresh_expires_at = now() + interval '31 days';
select is(pg_temp.due(), 0::bigint, 'TikTok''s short token is no matter');
update public.platform_connection set refresh_expires_at = now() + interval '29 days';
select is(pg_temp.due(), 1::bigint, 'its long one is, before it ends');
select pg_temp.link(test.bob(), 'tiktok', 'T7');
update public.platform_connection
set token_expires_at = now() + interval '1 hour', refresh_expires_at = now() + interval '1 day'
where platform_user_id = 'T7';
create function pg_temp.next_due() returns text language sql as $$
    select d.platform_user_id from internal.due_refreshes('1 day', 1) as d
$$;
select is(pg_temp.next_due(), 'T7', 'what was not tried yet comes first');
select is(pg_temp.next_due(), 'UC1', 'and then what waits longest');
select is(pg_temp.next_due(), 'T7', 'whatever became of it');
update public.platform_connection
set is_active = false;
select is(pg_temp.due(), 0::bigint, 'what is out of use is left alone');
select is(pg_temp.used(test.bob()), 0, 'and whoever takes it out, it does not count');

-- tokens go with their user
create function pg_temp.drop_connection() returns text language sql as $$
    select pg_temp.says('service_role', null,
        'delete from public.platform_connection where platform_user_id = ''T8'' returning 1')
$$;
select pg_temp.link(test.ann(), 'tiktok', 'T8');
select pg_temp.drop_connection();
select pg_temp.link(test.ann(), 'tiktok', 'T8');
select is(
    pg_temp.secrets('%T8'), array['user_' || test.ann() || '_tiktok_T8'],
    'a channel that is linked anew keeps its new tokens'
);
select pg_temp.drop_connection();
select pg_temp.link(test.bob(), 'tiktok', 'T8');
select is(
    pg_temp.secrets('%T8'), array['user_' || test.bob() || '_tiktok_T8'],
    'and the grant of before is not ended, whoever had it: that would end the new one'
);
select pg_temp.link(test.ann(), 'tiktok', 'T9');
select pg_temp.link(test.ann(), 'tiktok', 'T9');
select pg_temp.says(
    'service_role', null, format('delete from public.users where id = %L returning 1', test.ann())
);
select is(
    pg_temp.says('service_role', null, 'select platform from internal.take_revocations(10)'),
    'tiktok', 'a user who goes leaves grants to be ended'
);
select is(
    pg_temp.says('service_role', null, 'select platform from internal.take_revocations(10)'),
    null, 'which is tried again later'
);

select finish();
rollback;
