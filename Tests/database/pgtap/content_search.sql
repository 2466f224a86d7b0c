-- login: edge_service
-- An owner finds the own content by words, parts of titles and tags.

begin;
select no_plan();

select test.act('service_role');
insert into public.platform_connection (user_id, platform_id, vault_secret_name, platform_user_id)
select
    test.ann() as user_id,
    p.id as platform_id,
    'secret' as vault_secret_name,
    'UC' as platform_user_id
from public.platform as p
where p.slug = 'youtube';
insert into public.social_account (user_id, connection_id, platform_id, status_id, account_name)
select
    c.user_id,
    c.id as connection_id,
    c.platform_id,
    s.id as status_id,
    'Channel' as account_name
from public.platform_connection as c inner join public.account_status as s on s.slug = 'active';
insert into public.content_item (
    user_id, platform_id, social_account_id, content_type_id, platform_content_id, title,
    description, tags, hashtags, published_at
)
select
    a.user_id,
    a.platform_id,
    a.id as social_account_id,
    t.id as content_type_id,
    i.id as platform_content_id,
    i.title,
    i.description,
    i.tags,
    i.hashtags::text [] as hashtags,
    now() as published_at
from (
    values
    ('1', 'Running through Zürich', 'A café, and mountains', '{sport,alps}'::text [], '{Run}'),
    ('2', '東京タワーの夜', null, '{}', '{tokyo}'),
    ('3', 'Baking', 'We were running late', '{bread}', '{}'),
    ('4', null, null, '{}', '{}')
) as i (id, title, description, tags, hashtags)
cross join public.social_account as a
inner join public.content_type as t on t.slug = 'long_video';

create function pg_temp.found(p_query tsquery) returns text language sql
as $$
    select string_agg(c.platform_content_id, ' ' order by
        ts_rank(c.search_vector, p_query) desc, c.platform_content_id)
    from public.content_item as c where c.search_vector @@ p_query
$$;
select is(pg_temp.found(q.query), q.ids, q.claim)
from (
    values
    (to_tsquery('english', 'runs'), '1 3', 'stems, the title before the description'),
    (to_tsquery('simple', 'zurich'), '1', 'without accents'),
    (to_tsquery('english', 'zürich'), '1', 'with them'),
    (plainto_tsquery('public.search_english', 'Cafés'), '1', 'both'),
    (to_tsquery('simple', 'alps'), '1', 'by tag'),
    (to_tsquery('simple', 'tokyo'), '2', 'by hashtag'),
    (phraseto_tsquery('simple', '東 京'), '2', 'by signs of Japanese'),
    (to_tsquery('simple', 'oven:*'), null, 'and nothing else'),
    (websearch_to_tsquery('english', 'running -late'), '1', 'in words for the web')
) as q (query, ids, claim);

-- an edit is found at once, and what it replaced is not
select test.act('edge_user', test.ann());
update public.content_item set title = 'Swimming', tags = '{lake}'
where platform_content_id = '1';
select is(pg_temp.found(to_tsquery('english', 'swim & lake')), '1', 'what was edited is found');
select is(pg_temp.found(to_tsquery('simple', 'alps | zurich')), null, 'and what was is not');
select is(
    (test.refusal(format(
        'update public.content_item set tags = array[%L] where platform_content_id = ''1''',
        repeat('x', 201)
    ))).state, '23514', 'a tag has its limits'
);
select is(
    (test.refusal(format(
        'update public.content_item set description = %L where platform_content_id = ''1''',
        repeat('x', 20001)
    ))).state, '23514', 'and so has a description'
);
select is(
    (test.refusal(
        'update public.content_item set canonical_url = ''javascript:alert(1)'''
    )).state, '42501', 'and nobody says where an item is'
);

-- the indexes of the roadmap
select set_eq(
    $$ select i.indexrelid::regclass::text, a.amname::text, pg_get_indexdef(i.indexrelid, 1, true)
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
        inner join pg_catalog.pg_am as a on c.relam = a.oid
        where i.indrelid = 'public.content_item'::regclass and c.relname like 'idx\_%' $$,
    $$ values ('idx_content_search', 'gin', 'search_vector'), ('idx_content_tags', 'gin', 'tags'),
        ('idx_content_hashtags', 'gin', 'hashtags'), ('idx_content_search_trgm', 'gin', 'title'),
        ('idx_content_published', 'btree', 'published_at') $$,
    'words, tags, hashtags, parts of titles and time are indexed'
);
-- an index on what each sync rewrites would cost all of them
select is_empty(
    $$ select i.indexrelid::regclass, a.attname
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = i.indrelid and a.attnum = any(i.indkey::int2[])
        where i.indrelid = 'public.content_item'::regclass and a.attname in (
            'views_count', 'likes_count', 'comments_count', 'shares_count', 'synced_at',
            'updated_at', 'total_clicks', 'clicks_last_7_days', 'clicks_last_30_days'
        ) $$,
    'and no counter is'
);

select finish();
rollback;
