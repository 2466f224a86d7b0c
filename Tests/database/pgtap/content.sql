-- login: edge_service
-- What creators publish: how a sync stores it, what its owner edits, how it is found.

begin;
select no_plan();

select test.act('service_role');
insert into public.platform_connection (
    id, user_id, platform_id, vault_secret_name, platform_user_id
)
select
    u.id,
    u.id as user_id,
    p.id as platform_id,
    'user_' || u.id as vault_secret_name,
    u.id::text as platform_user_id
from (values (test.ann()), (test.bob())) as u (id)
inner join public.platform as p on p.slug = 'youtube';
insert into public.social_account (
    id, user_id, connection_id, platform_id, status_id, account_name
)
select
    c.user_id as id,
    c.user_id,
    c.id as connection_id,
    c.platform_id,
    s.id as status_id,
    'Channel' as account_name
from public.platform_connection as c inner join public.account_status as s on s.slug = 'active';

-- an item as a page tells it
create function pg_temp.item(p_id text, p_more jsonb default '{}') returns jsonb language sql
as $$
    select jsonb_build_object(
        'id', p_id, 'type', 'long_video', 'url', 'https://video.example/' || p_id,
        'title', 'Title of ' || p_id, 'description', 'Words', 'thumbnail_url',
        'https://thumbs.example/' || p_id || '?signed=1', 'views', 1, 'likes', 2,
        'tags', '["a"]'::jsonb,
        'hashtags', '[]'::jsonb, 'published_at', '2026-01-01T00:00:00Z', 'visibility', 'public'
    ) || p_more
$$;

-- one answer as a user, who is put down again
create function pg_temp.says(p_user_id uuid, p_statement text) returns text language plpgsql
as $$
declare
    v_said text;
begin
    perform test.act('edge_user', p_user_id);
    begin
        execute p_statement into v_said;
    exception
        when sqlstate 'PT409' or sqlstate 'PT404' or sqlstate '23514' or sqlstate '23503'
            then v_said := sqlstate;
    end;
    perform test.act('service_role');
    return v_said;
end;
$$;
create function pg_temp.begun(p_user_id uuid, p_lease text default '1 min')
returns text language sql
as $$
    select pg_temp.says(p_user_id, format(
        'select run_id from internal.begin_sync(%L, ''youtube'', false, null, %L)',
        p_user_id, p_lease
    ))
$$;
create function pg_temp.stored(p_user_id uuid, p_run text, variadic p_items jsonb [])
returns text language sql
as $$
    select pg_temp.says(p_user_id, format(
        'select concat_ws('' '', new_items, updated_items, refused_items, cardinality(seen))
        from internal.store_content(%L, %L)', p_run, to_jsonb(p_items)
    ))
$$;
create function pg_temp.finished(p_user_id uuid, p_run text, p_gone uuid [] default '{}')
returns text language sql
as $$
    select pg_temp.says(p_user_id, format(
        'select concat_ws('' '', deleted_items, total_count)
        from internal.finish_sync(%L, true, %L, ''UU1'', 5, 1, 2, 3, 4)', p_run, p_gone
    ))
$$;
create function pg_temp.revisions(p_id text) returns text language sql
as $$
    select string_agg(concat_ws(
        ' ', r.field_name, r.old_value, '>', r.new_value, r.change_source,
        case when r.change_reason is not null then 'kept' end
    ), '; ' order by r.id)
    from public.content_revision as r
    inner join public.content_item as c on r.content_item_id = c.id
    where c.platform_content_id = p_id
$$;
create function pg_temp.edit(p_user_id uuid, p_statement text) returns integer language plpgsql
as $$
declare
    v_count integer;
begin
    perform test.act('authenticated', p_user_id);
    v_count := test.touched(p_statement);
    perform test.act('service_role');
    return v_count;
end;
$$;

-- whose account it is, and one run at a time
select is(
    pg_temp.says(test.ann(), format(
        'select run_id from internal.begin_sync(%L, ''youtube'', false, null, ''1 min'')',
        test.bob()
    )), 'PT404', 'nobody syncs another''s account'
);
select is(
    pg_temp.says(test.ann(), format(
        'select run_id from internal.begin_sync(%L, ''tiktok'', false, null, ''1 min'')',
        test.ann()
    )), 'PT404', 'nor an account as one of another platform'
);
select set_config('test.ann', pg_temp.begun(test.ann()), true);
select matches(current_setting('test.ann'), '^[0-9a-f-]{36}$', 'a sync begins');
select is(pg_temp.begun(test.ann()), 'PT409', 'a second one does not while it runs');
select matches(
    set_config('test.bob', pg_temp.begun(test.bob()), true), '^[0-9a-f-]{36}$',
    'that of another account does'
);
select is(
    pg_temp.stored(test.bob(), current_setting('test.ann'), pg_temp.item('x')), 'PT409',
    'nobody writes in another''s run'
);

-- a page
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'), pg_temp.item('a'), pg_temp.item('b'),
        pg_temp.item('a', '{"title": "again"}')
    ), '2 0 0 2', 'what is new is inserted, and what a page lists twice once'
);
select is(
    (
        select title from public.content_item
        where platform_content_id = 'a'
    ), 'Title of a', 'as it was listed first'
);
select results_eq(
    $$ select distinct user_id, platform_id = (
            select id from public.platform where slug = 'youtube'
        ) from public.content_item $$,
    $$ values (test.ann(), true) $$, 'an item is its account''s owner''s'
);
select set_config('test.versions', string_agg(xmin::text || ctid, ' '), true)
from public.content_item;
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'), pg_temp.item('a'), pg_temp.item('b')
    ), '0 0 0 2', 'what is unchanged counts as seen'
);
select is(
    (select string_agg(xmin::text || ctid, ' ') from public.content_item),
    current_setting('test.versions'), 'and no row of it is written'
);
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item('a', '{"thumbnail_url": "https://thumbs.example/a?signed=2"}')
    ), '0 0 0 1', 'a new signature is no change'
);
select is(
    (
        select thumbnail_url from public.content_item
        where platform_content_id = 'a'
    ), 'https://thumbs.example/a?signed=1', 'and not written within the hour'
);
update public.content_item set synced_at = now() - interval '2 hours'
where platform_content_id = 'a';
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item('a', '{"thumbnail_url": "https://thumbs.example/a?signed=2"}')
    ), '0 0 0 1', 'later it is none either'
);
select is(
    (
        select thumbnail_url from public.content_item
        where platform_content_id = 'a'
    ), 'https://thumbs.example/a?signed=2', 'and written, since the old one expires'
);

-- counters and fields
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item('a', '{"views": 9007199254740993, "likes": null}')
    ), '0 1 0 1', 'a counter that has changed is written'
);
select results_eq(
    $$ select views_count, likes_count from public.content_item where platform_content_id = 'a' $$,
    $$ values (9007199254740993, 2::bigint) $$, 'one that is not told stays'
);
select is(pg_temp.revisions('a'), null, 'counters leave no revision');
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item(
            'b', '{"title": "B", "description": null, "tags": ["a", "x,y"], "hashtags": ["h"],
            "visibility": "unlisted", "duration_seconds": 5}'
        )
    ), '0 1 0 1', 'fields that have changed are written'
);
select is(
    pg_temp.revisions('b'),
    'title Title of b > B sync; description Words > sync; tags ["a"] > ["a", "x,y"] sync; '
    'hashtags [] > ["h"] sync; visibility public > unlisted sync',
    'and leave a revision each'
);

-- what its owner edits
select is(
    pg_temp.edit(
        test.ann(),
        'update public.content_item set title = ''Mine'', tags = ''{mine}'', seo_title = ''S'''
        || ' where platform_content_id = ''a'''
    ), 1, 'an owner edits'
);
select is(
    pg_temp.edit(test.bob(), 'update public.content_item set title = ''Theirs'''), 0,
    'and nobody else'
);
select is(
    pg_temp.revisions('a'),
    'title Title of a > Mine user; tags ["a"] > ["mine"] user',
    'an edit leaves a revision with its source'
);
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item('a', '{"views": 9007199254740993, "likes": null}')
    ), '0 0 0 1', 'what was edited is no change of the platform''s'
);
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item('a', '{"title": "Theirs", "description": "New", "tags": ["t"], "views": 3}')
    ), '0 1 0 1', 'what the platform changes of it is told'
);
select results_eq(
    $$ select title, description, tags::text, views_count, edited
        from public.content_item where platform_content_id = 'a' $$,
    $$ values ('Mine', 'New', '{mine}', 3::bigint,
        '{"title": "Theirs", "tags": ["t"]}'::jsonb) $$,
    'but what its owner edited stays, and the rest follows'
);
select is(
    pg_temp.revisions('a'),
    'title Title of a > Mine user; tags ["a"] > ["mine"] user; '
    'title Title of a > Theirs sync kept; description Words > New sync; '
    'tags ["a"] > ["t"] sync kept',
    'and the revision says so'
);
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item('a', '{"title": "Theirs", "description": "New", "tags": ["t"], "views": 3}')
    ), '0 0 0 1', 'told again it is no news'
);

-- deleted by its owner
select is(
    pg_temp.edit(
        test.ann(),
        'update public.content_item set deleted_at = ''2001-01-01'''
        || ' where platform_content_id = ''b'''
    ), 1, 'an owner deletes softly'
);
select ok(
    (
        select deleted_at > '2026-01-01' from public.content_item
        where platform_content_id = 'b'
    ), 'now, whatever time was given'
);
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item('b', '{"title": "B2", "views": 77}')
    ), '0 1 0 1', 'what the platform still lists'
);
select ok(
    (
        select deleted_at is not null from public.content_item
        where platform_content_id = 'b'
    ), 'stays deleted'
);
select is(
    pg_temp.edit(
        test.ann(),
        'update public.content_item set deleted_at = null where platform_content_id = ''b'''
    ), 1, 'an owner undeletes'
);

-- another account's
select is(
    pg_temp.stored(
        test.bob(), current_setting('test.bob'), pg_temp.item('a', '{"title": "Bob''s"}'),
        pg_temp.item('c')
    ), '1 0 1 1', 'another account''s item is refused'
);
select results_eq(
    $$ select user_id, title from public.content_item where platform_content_id = 'a' $$,
    $$ values (test.ann(), 'Mine') $$, 'and neither moved nor changed'
);

-- children
create function pg_temp.children(variadic p_urls text []) returns jsonb language sql
as $$
    select pg_temp.item('d', jsonb_build_object('type', 'carousel', 'children', jsonb_agg(
        jsonb_build_object('media_url', u.url, 'media_type', 'image') order by u.place
    )))
    from unnest(p_urls) with ordinality as u (url, place)
$$;
create function pg_temp.media() returns text language sql
as $$
    select string_agg(m.media_url, ' ' order by m.display_order)
    from public.content_media as m
    inner join public.content_item as c on m.content_id = c.id
    where c.platform_content_id = 'd'
$$;
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.children('https://m/1', 'https://m/2', 'https://m/3')
    ), '1 0 0 1', 'a carousel'
);
select is(pg_temp.media(), 'https://m/1 https://m/2 https://m/3', 'with its children in order');
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.children('https://m/1', 'https://m/2', 'https://m/3')
    ), '0 0 0 1', 'the same ones are no change'
);
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'), pg_temp.children('https://m/3', 'https://m/1')
    ), '0 1 0 1', 'others are'
);
select is(pg_temp.media(), 'https://m/3 https://m/1', 'and what is gone of them is gone');
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item('d', '{"type": "carousel", "children": []}')
    ), '0 1 0 1', 'no children'
);
select is(pg_temp.media(), null, 'leaves none');

-- the end
select is(
    pg_temp.says(test.ann(), format(
        'select string_agg(platform_content_id, '' '' order by platform_content_id)
        from internal.unseen_content(%L, array(
            select id from public.content_item where platform_content_id = ''a''
        ), ''{long_video, carousel}'')', current_setting('test.ann')
    )), 'b d', 'what a walk did not see'
);
select is(
    pg_temp.says(test.ann(), format(
        'select string_agg(platform_content_id || is_within, '' '' order by platform_content_id)
        from internal.unseen_content(
            %L, ''{}'', ''{long_video, carousel}'', ''2026-01-01T00:00:01Z''
        )', current_setting('test.ann')
    )), 'afalse bfalse dfalse', 'and what of it is older than what was read'
);
select is(
    pg_temp.finished(test.ann(), current_setting('test.ann'), array(
        select id from public.content_item
        where platform_content_id in ('b', 'c')
    )), '1 2', 'is deleted softly, of the own account'
);
select results_eq(
    $$ select last_sync_status, last_error, last_full_sync_at = now(), next_sync_at - now()
        from public.social_account where id = test.ann() $$,
    $$ values ('completed', null::text, true, interval '1 day') $$,
    'the account says when it was synced and when it will be'
);
select is(
    pg_temp.stored(test.ann(), current_setting('test.ann'), pg_temp.item('e')), 'PT409',
    'after its end nothing is written in a run'
);
select set_config('test.ann', pg_temp.begun(test.ann()), true);
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'),
        pg_temp.item('b', '{"title": "B2", "views": 77}')
    ), '0 1 0 1', 'what returns'
);
select is(
    (
        select deleted_at from public.content_item
        where platform_content_id = 'b'
    ), null, 'is undeleted'
);

-- what is gone from the platform, and edited here meanwhile
create function pg_temp.goes(p_id text) returns text language sql
as $$
    select pg_temp.finished(test.ann(), current_setting('test.ann'), array(
        select id from public.content_item where platform_content_id = p_id
    ));
    select set_config('test.ann', pg_temp.begun(test.ann()), true);
$$;
select pg_temp.goes('d');
select is(
    pg_temp.edit(
        test.ann(),
        'update public.content_item set title = ''Mine'' where platform_content_id = ''d'''
    ), 1, 'an owner edits what is gone'
);
select is(
    pg_temp.stored(test.ann(), current_setting('test.ann'), pg_temp.children('https://m/1')),
    '0 1 0 1', 'when it returns'
);
select results_eq(
    $$ select title, deleted_at from public.content_item where platform_content_id = 'd' $$,
    $$ values ('Mine', null::timestamptz) $$, 'it is undeleted with that edit'
);
select pg_temp.goes('d');
select is(
    pg_temp.edit(
        test.ann(),
        'update public.content_item set deleted_at = ''2001-01-01'''
        || ' where platform_content_id = ''d'''
    ), 1, 'an owner deletes what is gone'
);
select is(
    pg_temp.stored(test.ann(), current_setting('test.ann'), pg_temp.children('https://m/2')),
    '0 1 0 1', 'then it may return'
);
select is(
    (
        select deleted_at from public.content_item
        where platform_content_id = 'd'
    ), now(), 'and stays deleted since it went'
);
select is(
    pg_temp.edit(
        test.ann(),
        'update public.content_item set deleted_at = null where platform_content_id = ''d'''
    ), 1, 'until its owner takes that back'
);

-- how far back there is no gap
select is(
    pg_temp.says(test.ann(), format(
        'select internal.fail_sync(%L, ''failed'', ''X'', ''y'', null, 0, 0, 0, 0)',
        current_setting('test.ann')
    )), 'true', 'a run that fails'
);
select is(
    pg_temp.says(test.ann(), format(
        'select concat_ws(
            '' '', set_config(''test.ann'', run_id::text, true) is null, covered_items
        )
        from internal.begin_sync(%L, ''youtube'', false, null, ''1 min'')', test.ann()
    )), 'f 0', 'leaves a gap, as far as anybody knows'
);
select is(
    pg_temp.finished(test.ann(), current_setting('test.ann')), '0 3', 'one that ends'
);
select is(
    pg_temp.says(test.ann(), format(
        'select concat_ws(
            '' '', set_config(''test.ann'', run_id::text, true) is null, covered_items
        )
        from internal.begin_sync(%L, ''youtube'', false, null, ''1 min'')', test.ann()
    )), 'f 5', 'says how far it has seen'
);

-- what search finds is the same, whoever stored it
select
    is(
        pg_temp.stored(
            test.ann(), current_setting('test.ann'), pg_temp.item('g', jsonb_build_object(
                'title',
                'Crème brûlée, 東京',
                'description',
                'long words' || repeat(', and longer ones', 400),
                'tags',
                '["a b"]'::jsonb,
                'hashtags', '["Évry"]'::jsonb
            )),
            pg_temp.item('h', '{"title": null, "description": null, "tags": [], "hashtags": []}')
        ),
        '2 0 0 2', 'a sync stores texts and the lack of them'
    );
insert into public.content_item (
    user_id, platform_id, social_account_id, content_type_id, platform_content_id, title,
    description, tags, hashtags, published_at
)
select
    c.user_id,
    c.platform_id,
    c.social_account_id,
    c.content_type_id,
    c.platform_content_id || '2' as platform_content_id,
    c.title,
    c.description,
    c.tags,
    c.hashtags,
    c.published_at
from public.content_item as c
where c.platform_content_id in ('g', 'h');
select results_eq(
    $$ select c.platform_content_id, c.search_vector from public.content_item as c
        where c.platform_content_id in ('g', 'h') order by 1 $$,
    $$ select left(c.platform_content_id, 1), c.search_vector from public.content_item as c
        where c.platform_content_id in ('g2', 'h2') order by 1 $$,
    'what a sync stores is found as what is inserted is'
);
select is(
    (
        select length(c.search_vector) from public.content_item as c
        where c.platform_content_id = 'h'
    ), 0, 'an item without words has an empty document'
);
delete from public.content_item
where platform_content_id in ('g', 'g2', 'h', 'h2');

-- what a channel says of itself
create function pg_temp.renewed(p_channel text) returns text language sql
as $$
    select pg_temp.says(test.ann(), format(
        'select total_count from internal.finish_sync(
            %L, true, ''{}'', ''UU1'', 5, 1, 2, 3, 4, %L
        )',
        current_setting('test.ann'), jsonb_build_object(
            'id', p_channel, 'display_name', 'New name', 'username', '@new',
            'avatar_url', 'https://avatars.example/new', 'url', null, 'description', null,
            'follower_count', 9007199254740993, 'following_count', null, 'post_count', 3
        )
    ));
    select set_config('test.ann', pg_temp.begun(test.ann()), true);
    select concat_ws(
        ' ', a.account_name, a.account_username, a.account_avatar_url, a.follower_count,
        a.following_count, a.post_count
    )
    from public.social_account as a where a.id = test.ann();
$$;
select is(pg_temp.renewed('UC-of-somebody'), 'Channel', 'another channel''s profile is not taken');
select is(
    pg_temp.renewed(test.ann()::text),
    'New name @new https://avatars.example/new 9007199254740993 3',
    'what the channel says of itself is'
);

-- stories, which last for a day
create function pg_temp.stories() returns text language sql
as $$
    select string_agg(platform_content_id, ' ' order by platform_content_id)
    from public.content_item
    where platform_content_id like 's_' and deleted_at is null
$$;
create function pg_temp.story(p_id text, p_age interval) returns jsonb language sql
as $$
    select pg_temp.item(p_id, jsonb_build_object('type', 'story', 'published_at', now() - p_age))
$$;
select is(
    pg_temp.stored(
        test.ann(), current_setting('test.ann'), pg_temp.story('s1', '25 h'),
        pg_temp.story('s2', '23 h')
    ), '2 0 0 2', 'stories'
);
select is(
    pg_temp.stored(test.bob(), current_setting('test.bob'), pg_temp.story('s3', '24 h')),
    '1 0 0 1', 'of two accounts'
);
select is(
    pg_temp.finished(test.ann(), current_setting('test.ann')), '1 4', 'end with their day'
);
select is(pg_temp.stories(), 's2 s3', 'by the next sync of their account');
select is(internal.expire_stories(), 1, 'or by the clock');
select is(pg_temp.stories(), 's2', 'whatever the account');
select set_config('test.ann', pg_temp.begun(test.ann()), true);

-- a channel that its platform has closed
select is(
    pg_temp.says(test.bob(), format(
        'select internal.fail_sync(
            %L, ''failed'', ''X'', ''it is closed'', null, 0, 0, 0, 0, true
        )', current_setting('test.bob')
    )), 'true', 'a run that finds the channel closed'
);
select results_eq(
    $$ select a.is_active, s.slug, c.is_active, a.last_error, n.title, n.message
        from public.social_account as a
        inner join public.account_status as s on a.status_id = s.id
        inner join public.platform_connection as c on a.connection_id = c.id
        inner join public.notification as n on n.related_entity_id = a.id
        where a.id = test.bob() $$,
    $$ values (
        false, 'inactive', false, 'it is closed',
        'Your channel on YouTube is closed or suspended', 'Channel: it is closed'
    ) $$, 'takes the account out of use and tells its owner'
);

-- a run whose process has died
select pg_temp.says(test.ann(), 'select internal.reserve_quota(''sync'', ''1 hour'')');
update public.subscription set syncs_used = 5
where user_id = test.ann();
select set_config('role', 'none', true);
reset session authorization;
set local role streamvibe_owner;
update internal.sync_run set
    lease_until = now() - interval '1 s', reservation_id = (
        select id from internal.quota_reservation
    )
where ended_at is null and user_id = test.ann();
reset role;
set session authorization edge_service;
select test.act('service_role');
select matches(
    set_config('test.next', pg_temp.begun(test.ann()), true), '^[0-9a-f-]{36}$',
    'makes room for the next one'
);
select is(
    (
        select syncs_used from public.subscription
        where user_id = test.ann()
    ), 4, 'and its unit goes back'
);
select is(
    pg_temp.says(test.ann(), format(
        'select internal.fail_sync(%L, ''failed'', ''X'', ''y'', null, 0, 0, 0, 0)',
        current_setting('test.ann')
    )), 'false', 'what is told of it later is too late'
);

-- an account that is unlinked while it is synced
select set_config('test.ann', current_setting('test.next'), true);
create temporary table before as
select a.last_synced_at
from public.social_account as a
where a.id = test.ann();
select pg_temp.says(test.ann(), format(
    'select internal.disconnect_account(%L, gen_random_uuid(), null, null)', test.ann()
));
select is(
    pg_temp.stored(test.ann(), current_setting('test.ann'), pg_temp.children('https://m/9')),
    'PT409', 'an account that was unlinked meanwhile gets no item more'
);
select is(
    pg_temp.finished(test.ann(), current_setting('test.ann')), 'PT409', 'its sync does not succeed'
);
select is(
    pg_temp.says(test.ann(), format(
        'select internal.fail_sync(%L, ''failed'', ''CONFLICT'', ''gone'', now(), 0, 0, 0, 0)',
        current_setting('test.ann')
    )), 'true', 'but ends'
);
select results_eq(
    $$ select next_sync_at, last_synced_at from public.social_account where id = test.ann() $$,
    $$ select null::timestamptz, b.last_synced_at from before as b $$, 'and no next one is due'
);

-- whose an item is follows from the account, whatever is said
insert into public.content_item (
    user_id, platform_id, social_account_id, content_type_id, platform_content_id, published_at
)
select
    test.ann() as user_id,
    p.id as platform_id,
    test.bob() as social_account_id,
    t.id as content_type_id,
    'f' as platform_content_id,
    now() as published_at
from public.platform as p inner join public.content_type as t on t.slug = 'post'
where p.slug = 'tiktok';
select results_eq(
    $$ select c.user_id, p.slug from public.content_item as c
        inner join public.platform as p on c.platform_id = p.id
        where c.platform_content_id = 'f' $$,
    $$ values (test.bob(), 'youtube') $$, 'an item is the account''s, whoever was named'
);

-- who may delete an account
select is(
    (test.refusal(format(
        'delete from public.social_account where id = %L', test.ann()
    ))).state, '23503', 'an account that has content is not deleted'
);
select is(
    (test.refusal(format(
        'delete from public.platform_connection where id = %L', test.ann()
    ))).state, '23503', 'nor with its connection'
);
update public.content_item set deleted_at = now()
where user_id = test.bob();
select is(
    test.touched(format('delete from public.social_account where id = %L', test.bob())), 1,
    'one that has none any more is'
);
select is(
    (test.refusal(format('delete from public.users where id = %L', test.ann()))).state, null,
    'whoever goes takes all along'
);
select is(
    (select count(*) from public.content_item), 0::bigint, 'and nothing of it is left'
);

select finish();
rollback;
