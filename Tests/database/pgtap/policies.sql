-- login: authenticator
-- Who reads and changes what through REST, each as the role that the request has.

begin;
select no_plan();

-- Ann and Bob have linked an account each
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
insert into public.social_account (user_id, connection_id, platform_id, status_id, account_name)
select
    c.user_id,
    c.id as connection_id,
    c.platform_id,
    s.id as status_id,
    'Channel' as account_name
from public.platform_connection as c inner join public.account_status as s on s.slug = 'active';
insert into public.oauth_state (state_hash, user_id, platform, expires_at)
values (sha256('state'), test.ann(), 'youtube', now() + interval '10 minutes');
-- and published something
insert into public.content_item (
    user_id, platform_id, social_account_id, content_type_id, platform_content_id, title,
    published_at
)
select
    a.user_id,
    a.platform_id,
    a.id as social_account_id,
    t.id as content_type_id,
    'item of ' || a.user_id as platform_content_id,
    'Title' as title,
    now() as published_at
from public.social_account as a inner join public.content_type as t on t.slug = 'long_video';
insert into public.content_revision (content_item_id, user_id, field_name, change_source)
select
    c.id,
    c.user_id,
    'title' as field_name,
    'sync' as change_source
from public.content_item as c;
insert into public.content_media (content_id, media_url, media_type, display_order)
select
    c.id as content_id,
    'https://media.example/1' as media_url,
    'image' as media_type,
    0 as display_order
from public.content_item as c;
select set_config('role', 'none', true);
select set_config('request.jwt.claims', '', true);

create temporary table expected (
    relation text, role text, seen integer, updated integer, deleted integer
);
grant select on expected to public;
-- rows that a statement without a condition touches; null: forbidden
insert into expected values
('users', 'anon', null, null, null),
('users', 'authenticated', 1, 1, null),
('users', 'service_role', 3, 3, 3),
('user_role', 'anon', null, null, null),
('user_role', 'authenticated', 1, null, null),
('user_role', 'service_role', 4, 4, 4),
('user_setting', 'anon', null, null, null),
('user_setting', 'authenticated', 1, 1, null),
('user_setting', 'service_role', 3, 3, 3),
('subscription', 'anon', null, null, null),
('subscription', 'authenticated', 1, null, null),
('subscription', 'service_role', 3, 3, 3),
('notification', 'anon', null, null, null),
('notification', 'authenticated', 1, 1, 1),
('notification', 'service_role', 3, 3, 3),
('audit_log', 'anon', null, null, null),
('audit_log', 'authenticated', 0, null, null),
('audit_log', 'service_role', 5, null, null),
('quota_usage_history', 'anon', null, null, null),
('quota_usage_history', 'authenticated', 1, null, null),
('quota_usage_history', 'service_role', 2, null, null),
('cache_store', 'anon', null, null, null),
('cache_store', 'authenticated', null, null, null),
('cache_store', 'service_role', 1, 1, 1),
('subscription_tier', 'anon', 3, null, null),
('subscription_tier', 'authenticated', 3, null, null),
('subscription_tier', 'service_role', 3, 3, null),
('subscription_status', 'anon', 8, null, null),
('subscription_status', 'authenticated', 8, null, null),
('subscription_status', 'service_role', 8, 8, null),
('content_category', 'anon', 15, null, null),
('content_category', 'authenticated', 15, null, null),
('content_category', 'service_role', 15, 15, 15),
('platform', 'anon', 5, null, null),
('platform', 'authenticated', 5, null, null),
('platform', 'service_role', 5, 5, null),
('account_status', 'anon', 4, null, null),
('account_status', 'authenticated', 4, null, null),
('account_status', 'service_role', 4, 4, null),
('platform_connection', 'anon', null, null, null),
('platform_connection', 'authenticated', 1, null, null),
('platform_connection', 'service_role', 2, 2, 2),
('social_account', 'anon', null, null, null),
('social_account', 'authenticated', 1, 1, null),
('social_account', 'service_role', 2, 2, 2),
('oauth_state', 'anon', null, null, null),
('oauth_state', 'authenticated', null, null, null),
('oauth_state', 'service_role', 1, 1, 1),
('content_type', 'anon', 7, null, null),
('content_type', 'authenticated', 7, null, null),
('content_type', 'service_role', 7, 7, null),
('content_item', 'anon', null, null, null),
('content_item', 'authenticated', 1, 1, null),
('content_item', 'service_role', 2, 2, 2),
('content_revision', 'anon', null, null, null),
('content_revision', 'authenticated', 1, null, null),
('content_revision', 'service_role', 2, null, null),
('content_media', 'anon', null, null, null),
('content_media', 'authenticated', 1, null, null),
('content_media', 'service_role', 2, 2, 2);

create temporary table touchable (relation text, column_name text);
grant select on touchable to public;
insert into touchable values
('users', 'bio'), ('user_role', 'granted_at'), ('user_setting', 'is_analytics_enabled'),
('subscription', 'cancellation_reason'), ('notification', 'is_read'), ('audit_log', 'action'),
('quota_usage_history', 'reason'), ('cache_store', 'category'),
('subscription_tier', 'description'), ('subscription_status', 'description'),
('content_category', 'description'), ('platform', 'description'),
('account_status', 'description'), ('platform_connection', 'last_error'),
('social_account', 'is_primary'), ('oauth_state', 'redirect_to'),
('content_type', 'description'), ('content_item', 'description'),
('content_revision', 'change_reason'), ('content_media', 'mime_type');

-- one statement as the role, undone
create function pg_temp.tried(p_role text, p_user_id uuid, p_statement text)
returns integer language plpgsql as $$
declare
    v_count integer;
begin
    perform test.act(p_role, p_user_id);
    v_count := test.touched(p_statement);
    raise exception using errcode = 'P0099', message = coalesce(v_count, -1)::text;
exception
    when sqlstate 'P0099' then return nullif(sqlerrm::integer, -1);
end;
$$;

select
    is(
        pg_temp.tried(e.role, test.ann(), format('select from public.%I', e.relation)),
        e.seen, format('%s reads %s', e.role, e.relation)
    )
from expected as e;

select
    is(
        pg_temp.tried(
            e.role,
            test.ann(),
            format('update public.%I set %2$I = %2$I', t.relation, t.column_name)
        ),
        e.updated, format('%s updates %s', e.role, e.relation)
    )
from expected as e inner join touchable as t on e.relation = t.relation;

select
    is(
        pg_temp.tried(e.role, test.ann(), format('delete from public.%I', e.relation)),
        e.deleted, format('%s deletes from %s', e.role, e.relation)
    )
from expected as e
where
    e.relation not in (
        'subscription_tier', 'subscription_status', 'platform', 'account_status', 'content_type',
        -- an account that has content is not deleted
        'platform_connection', 'social_account'
    )
    or e.role <> 'service_role';

select is(
    (select count(distinct relation) from expected),
    (
        select count(*) from pg_catalog.pg_class as c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    ),
    'each table has its row here'
);

select
    is(
        pg_temp.tried(r.role, test.ann(), format('truncate public.%I cascade', t.relation)),
        null, format('%s empties %s', r.role, t.relation)
    )
from touchable as t
cross join (values ('anon'), ('authenticated'), ('service_role')) as r (role);

-- a user who names another's row touches nothing
select
    is(
        pg_temp.tried(
            'authenticated', test.ann(),
            format(
                'update public.%I set %I = %2$I where %I = %L', t.relation, t.column_name,
                case t.relation when 'users' then 'id' else 'user_id' end, test.bob()
            )
        ),
        0, format('a user changes nothing of another''s %s', t.relation)
    )
from touchable as t
where t.relation in ('users', 'user_setting', 'notification', 'social_account', 'content_item');
select is(
    pg_temp.tried(
        'authenticated', test.ann(),
        format('delete from public.notification where user_id = %L', test.bob())
    ),
    0, 'a user deletes nothing of another''s'
);

-- each column, one by one: what a user may change is this, and nothing else
create temporary table changeable (relation text, column_name text);
grant select on changeable to public;
insert into changeable values
('users', 'display_name'), ('users', 'bio'), ('users', 'avatar_url'), ('users', 'website_url'),
('users', 'timezone'), ('users', 'language'), ('users', 'primary_category'),
('users', 'is_public'), ('users', 'seo_title'), ('users', 'seo_description'),
('user_setting', 'is_email_notifications_enabled'),
('user_setting', 'is_push_notifications_enabled'),
('user_setting', 'is_weekly_digest_enabled'), ('user_setting', 'is_auto_sync_enabled'),
('user_setting', 'sync_frequency_hours'), ('user_setting', 'is_auto_ai_analysis_enabled'),
('user_setting', 'is_auto_apply_ai_suggestions_enabled'),
('user_setting', 'is_auto_seo_submission_enabled'), ('user_setting', 'is_analytics_enabled'),
('notification', 'is_read'),
('social_account', 'sync_mode'), ('social_account', 'is_primary'),
('social_account', 'visibility'),
('content_item', 'title'), ('content_item', 'description'), ('content_item', 'tags'),
('content_item', 'category_code'), ('content_item', 'seo_title'),
('content_item', 'seo_description'), ('content_item', 'seo_keywords'),
('content_item', 'visibility'), ('content_item', 'deleted_at');

select
    is(
        pg_temp.tried(
            'authenticated', test.ann(),
            format('update public.%I set %2$I = %2$I', c.relname, a.attname)
        ) is not null,
        exists (
            select from changeable as w
            where w.relation = c.relname and w.column_name = a.attname
        ),
        format('a user changes %s.%s', c.relname, a.attname)
    )
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0;

-- new rows
select
    is(
        pg_temp.tried('authenticated', test.ann(), s.statement), s.touched, s.claim
    )
from (
    values
    (
        format(
            'insert into public.user_setting (user_id, sync_frequency_hours) values (%L, 6)'
            ' on conflict (user_id) do update set sync_frequency_hours'
            ' = excluded.sync_frequency_hours', test.ann()
        ), 1, 'a user upserts the own settings'
    ),
    (
        format('insert into public.user_setting (user_id) values (%L)', test.bob()), null,
        'and nobody else''s'
    ),
    (
        format('insert into public.user_role (user_id, role) values (%L, ''admin'')', test.ann()),
        null, 'a user does not become an admin'
    ),
    (
        'insert into public.notification (user_id, type, title, message)'
        || format(' values (%L, ''info'', ''a'', ''b'')', test.bob()), null,
        'a user notifies nobody'
    ),
    (
        format('insert into public.users (id) values (%L)', gen_random_uuid()), null,
        'a user makes no users'
    ),
    (
        'insert into public.audit_log (action, entity_type) values (''a'', ''b'')', null,
        'a user writes nothing into the audit log'
    ),
    (
        'insert into public.quota_usage_history select * from public.quota_usage_history', null,
        'nor into the history of quotas'
    ),
    ('update public.users set bio = null, is_verified = true', null, 'is_verified beside bio'),
    ('update auth.users set email = null', null, 'accounts are no user''s to change'),
    ('select from auth.users', null, 'nor to read'),
    ('select from internal.rate_limit', null, 'nor is what is internal'),
    ('create table public.mine ()', null, 'a user makes no tables'),
    ('create function public.mine() returns int language sql as ''select 1''', null, 'no functions')
) as s (statement, touched, claim);

-- the claims decide, and broken ones are nobody
select is(
    pg_temp.tried('authenticated', null, 'select from public.users'), 0,
    'a token without a subject sees no row'
);
select is(
    pg_temp.tried('authenticated', gen_random_uuid(), 'select from public.users'), 0,
    'nor does a user who is gone'
);

-- admins
select is(
    pg_temp.tried('authenticated', test.ada(), 'select from public.audit_log'), 5,
    'an admin reads the audit log'
);
select is(
    pg_temp.tried('authenticated', test.ada(), 'select from public.users'), 1,
    'and as any user no other user''s row'
);

-- a value that no function would write cannot be written here either
create function pg_temp.state(p_statement text) returns text language plpgsql as $$
declare
    v_state text;
begin
    perform test.act('authenticated', test.ann());
    v_state := (test.refusal(p_statement)).state;
    raise exception using errcode = 'P0099', message = coalesce(v_state, 'taken');
exception
    when sqlstate 'P0099' then return sqlerrm;
end;
$$;

select
    is(
        pg_temp.state(format('update public.users set %I = %L', s.column_name, s.value)), s.state,
        format('%s = %s', s.column_name, coalesce(left(s.value, 30), 'null'))
    )
from (
    values
    ('display_name', 'Ann', 'taken'),
    ('display_name', null, 'taken'),
    ('display_name', '', '23514'),
    ('display_name', '  ', '23514'),
    ('display_name', repeat('ä', 100), 'taken'),
    ('display_name', repeat('ä', 101), '23514'),
    ('display_name', E'a\nb', '23514'),
    ('bio', repeat('😀', 1000), 'taken'),
    ('bio', repeat('x', 1001), '23514'),
    ('avatar_url', 'https://example.com/a.png', 'taken'),
    ('avatar_url', 'http://example.com/a.png', '23514'),
    ('avatar_url', 'javascript:alert(1)', '23514'),
    ('avatar_url', E'https://a\nb', '23514'),
    ('website_url', 'https://example.com', 'taken'),
    ('website_url', 'ftp://example.com', '23514'),
    ('primary_category', 'music', 'taken'),
    ('primary_category', 'nonsense', '23503'),
    ('timezone', 'America/Argentina/Ushuaia', 'taken'),
    ('timezone', 'a b', '23514'),
    ('language', 'zh-Hant-TW', 'taken'),
    ('language', 'English!', '23514'),
    ('seo_title', repeat('x', 201), '23514'),
    ('seo_description', repeat('x', 501), '23514')
) as s (column_name, value, state);

select finish();
rollback;
