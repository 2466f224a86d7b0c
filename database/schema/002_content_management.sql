-- Module 002: what creators publish, as the platforms list it and as its owner edited it here.
-- Needs 000 and 001. `content_media` is here, since carousels need it; 005 builds on it.

set role streamvibe_owner;

--
-- Text search: words as they are written and as English stems them, both without accents
--

do $$
begin
    create text search configuration public.search_simple (copy = pg_catalog.simple);
    create text search configuration public.search_english (copy = pg_catalog.english);
    alter text search configuration public.search_simple
    alter mapping for word, hword, hword_part with extensions.unaccent, pg_catalog.simple;
    alter text search configuration public.search_english
    alter mapping for word, hword, hword_part with extensions.unaccent, pg_catalog.english_stem;
exception
    when unique_violation then null;
end;
$$;

--
-- Tables
--

create table if not exists public.content_type (
    id uuid primary key default extensions.uuid_generate_v7(),
    slug text not null unique,
    display_name text not null,
    description text,
    is_active boolean not null default true,
    sort_order integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- Every sync rewrites the counters of what is watched: no index holds one, and half of each page is
-- left free, since a sync rewrites all rows of a page in one transaction, so that those updates
-- stay on the page and touch no index.
create table if not exists public.content_item (
    id uuid primary key default extensions.uuid_generate_v7(),
    -- the account's owner, so that policies and filters need no join
    user_id uuid not null references public.users on delete cascade,
    social_account_id uuid not null references public.social_account on delete cascade,
    platform_id uuid not null references public.platform,
    content_type_id uuid not null references public.content_type,
    platform_content_id text not null,
    content_url text,
    title text,
    description text,
    thumbnail_url text,
    media_url text,
    embed_html text,
    duration_seconds integer,
    views_count bigint not null default 0,
    likes_count bigint not null default 0,
    comments_count bigint not null default 0,
    shares_count bigint not null default 0,
    tags text [] not null default '{}',
    hashtags text [] not null default '{}',
    category_code text references public.content_category,
    language text,
    ai_description text,
    search_vector tsvector,
    published_at timestamptz not null,
    -- when a sync last wrote the row; one that finds nothing new writes nothing
    synced_at timestamptz not null default now(),
    visibility public.visibility_enum not null default 'public',
    seo_title text,
    seo_description text,
    seo_keywords text [],
    canonical_url text,
    total_clicks bigint not null default 0,
    clicks_last_7_days bigint not null default 0,
    clicks_last_30_days bigint not null default 0,
    deleted_at timestamptz,
    -- the fields that the owner edited, each with what the platform last said of it; a sync leaves
    -- them alone. `deleted_at` is among them while the owner's deletion holds.
    edited jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint items_are_stored_once unique (platform_id, platform_content_id),
    constraint content_texts_are_bounded check (
        char_length(title) <= 1000
        and char_length(description) <= 20000
        and char_length(seo_title) <= 200
        and char_length(seo_description) <= 500
    ),
    constraint content_tags_are_bounded check (
        cardinality(tags) <= 500
        and cardinality(hashtags) <= 500
        and cardinality(seo_keywords) <= 100
        and octet_length(array_to_string(tags, '')) <= 20000
        and octet_length(array_to_string(seo_keywords, '')) <= 10000
    ),
    constraint content_urls_are_https check (
        canonical_url ~ '^https://[^[:space:][:cntrl:]]+$' and char_length(canonical_url) <= 2048
    ),
    constraint content_counts_are_not_negative check (
        views_count >= 0
        and likes_count >= 0
        and comments_count >= 0
        and shares_count >= 0
        and total_clicks >= 0
        and clicks_last_7_days >= 0
        and clicks_last_30_days >= 0
        and duration_seconds >= 0
    ),
    constraint edits_are_an_object check (pg_catalog.jsonb_typeof(edited) = 'object')
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- lists by keyset, newest first
create index if not exists idx_content_published
on public.content_item (published_at desc, id desc);
create index if not exists content_item_user_id_published_at_idx
on public.content_item (user_id, published_at desc, id desc);
create index if not exists content_item_social_account_id_published_at_idx
on public.content_item (social_account_id, published_at desc, id desc) include (deleted_at);
create index if not exists content_item_content_type_id_published_at_idx
on public.content_item (content_type_id, published_at desc, id desc);
-- a short pending list: a long one makes readers slow right after a sync
create index if not exists idx_content_search
on public.content_item using gin (search_vector) with (gin_pending_list_limit = 512);
create index if not exists idx_content_search_trgm
on public.content_item using gin (title extensions.gin_trgm_ops)
with (gin_pending_list_limit = 512);
create index if not exists idx_content_tags
on public.content_item using gin (tags) with (gin_pending_list_limit = 512);
create index if not exists idx_content_hashtags
on public.content_item using gin (hashtags) with (gin_pending_list_limit = 512);

-- Append-only: what a field was and became. Counters leave none.
create table if not exists public.content_revision (
    id uuid primary key default extensions.uuid_generate_v7(),
    content_item_id uuid not null references public.content_item on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    field_name text not null,
    -- lists as JSON
    old_value text,
    new_value text,
    change_source text,
    change_reason text,
    created_at timestamptz not null default now(),
    constraint change_sources_are_known check (change_source in ('sync', 'user', 'service', 'ai'))
);

create index if not exists content_revision_content_item_id_created_at_idx
on public.content_revision (content_item_id, created_at desc);
create index if not exists content_revision_user_id_created_at_idx
on public.content_revision (user_id, created_at desc);

-- The pictures and videos that an item consists of, in order.
create table if not exists public.content_media (
    id uuid primary key default extensions.uuid_generate_v7(),
    content_id uuid not null references public.content_item on delete cascade,
    media_url text not null,
    media_type text not null,
    display_order integer not null,
    width integer,
    height integer,
    duration_seconds integer,
    thumbnail_url text,
    file_size_bytes bigint,
    mime_type text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint media_have_one_place unique (content_id, display_order),
    constraint media_types_are_known check (media_type in ('image', 'video')),
    constraint media_sizes_are_not_negative check (
        display_order >= 0
        and width >= 0
        and height >= 0
        and duration_seconds >= 0
        and file_size_bytes >= 0
    )
) with (fillfactor = 80);

-- A sync, running or over. Whoever holds the one row of an account that has not ended syncs it, as
-- long as the lease is prolonged; every write of a sync does that, or fails.
create table if not exists internal.sync_run (
    id uuid primary key default extensions.uuid_generate_v7(),
    social_account_id uuid not null references public.social_account on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    platform_id uuid not null references public.platform,
    -- the unit that pays for it; the row goes back when the run is given up
    reservation_id uuid,
    lease interval not null,
    lease_until timestamptz not null,
    is_full boolean not null,
    -- the platform's id of the list that is walked, for the next run
    listing_id text,
    read_items integer not null default 0,
    new_items integer not null default 0,
    updated_items integer not null default 0,
    failed_items integer not null default 0,
    deleted_items integer not null default 0,
    -- how many of the newest entries are known to be stored without a gap
    covered_items integer not null default 0,
    -- whether it is known of all that is stored that it is there
    is_whole boolean,
    -- null while it runs: completed, failed, abandoned
    outcome text,
    -- the client's code of what failed it
    error_code text,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    constraint runs_end_with_an_outcome check ((ended_at is null) = (outcome is null)),
    constraint outcomes_are_known check (outcome in ('completed', 'failed', 'abandoned'))
) with (fillfactor = 70);

-- one at a time
create unique index if not exists sync_run_running_idx
on internal.sync_run (social_account_id) where ended_at is null;
create index if not exists sync_run_social_account_id_idx
on internal.sync_run (social_account_id, id desc);
create index if not exists sync_run_user_id_idx on internal.sync_run (user_id);
create index if not exists sync_run_platform_id_idx on internal.sync_run (platform_id);
create index if not exists sync_run_started_at_idx on internal.sync_run (started_at);

-- What this deployment has spent of a platform's daily budget, by the platform's own day.
create table if not exists internal.platform_day (
    platform text not null references public.platform (slug),
    day date not null,
    -- who has an account to sync, and so many units are each one's by right
    claimants integer not null default 0,
    share integer not null default 0,
    units_used integer not null default 0,
    -- the part of it that was within somebody's share
    units_used_by_right integer not null default 0,
    primary key (platform, day)
) with (fillfactor = 50);

create table if not exists internal.platform_day_user (
    platform text not null,
    day date not null,
    user_id uuid not null references public.users on delete cascade,
    is_claimant boolean not null default false,
    units_used integer not null default 0,
    primary key (platform, day, user_id),
    foreign key (platform, day) references internal.platform_day on delete cascade
) with (fillfactor = 80);

create index if not exists platform_day_user_user_id_idx on internal.platform_day_user (user_id);

--
-- Rows that come with the schema; what a team changes in them stays changed
--

insert into public.content_type (slug, display_name, description, sort_order) values
('long_video', 'Video', 'A video of any length that is no short.', 1),
('short_video', 'Short video', 'An upright video for a quick look.', 2),
('image', 'Image', 'One picture.', 3),
('carousel', 'Carousel', 'Several pictures or videos to leaf through.', 4),
('story', 'Story', 'Gone after a day.', 5),
('reel', 'Reel', 'An upright video of Instagram''s.', 6),
('post', 'Post', 'Anything else.', 7)
on conflict (slug) do nothing;

--
-- What holds for every row of content, whoever writes it
--

-- The texts of a JSON array; null for anything else.
create or replace function internal.json_texts(p_json jsonb)
returns text []
language sql immutable
set search_path = ''
as $$
    select case when pg_catalog.jsonb_typeof(p_json) = 'array' then array(
        select e.text
        from pg_catalog.jsonb_array_elements_text(p_json) with ordinality as e (text, place)
        order by e.place
    ) end
$$;

-- The words of a text with letters beside ASCII. Signs of Chinese and Japanese, which nothing
-- separates, are words each; accents are left out, and kept too for `fts(english)`.
create or replace function internal.foreign_words(p_text text)
returns tsvector
language sql immutable
set search_path = ''
as $$
    select
        pg_catalog.to_tsvector('public.search_simple', s.text)
        || pg_catalog.to_tsvector('public.search_english', s.text)
        || pg_catalog.to_tsvector('pg_catalog.english', s.text)
    from (
        select pg_catalog.regexp_replace(
            p_text, '([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])', ' \1 ', 'g'
        ) as text
    ) as s
$$;

-- The words of a text, as they are written and as English stems them; none of null. Has no path of
-- its own, like what it is part of, so that statements about many rows take its body in.
create or replace function internal.words(p_text text)
returns tsvector
language sql immutable
as $$
    select case
        when p_text is null then ''
        when pg_catalog.octet_length(p_text) = pg_catalog.char_length(p_text)
            then pg_catalog.to_tsvector('public.search_simple', p_text)
                || pg_catalog.to_tsvector('public.search_english', p_text)
        else internal.foreign_words(p_text)
    end
$$;

-- What full-text search looks through: the title before tags and hashtags, those before the
-- description.
create or replace function internal.content_document(
    p_title text,
    p_tags text [],
    p_hashtags text [],
    p_description text
)
returns tsvector
language sql stable
as $$
    select
        pg_catalog.setweight(internal.words(p_title), 'A')
        || pg_catalog.setweight(
            internal.words(
                pg_catalog.array_to_string(p_tags, ' ') || ' '
                || pg_catalog.array_to_string(p_hashtags, ' ')
            ),
            'B'
        )
        || pg_catalog.setweight(internal.words(pg_catalog.left(p_description, 5000)), 'C')
$$;

-- Before an item is written anew: what search finds it by.
create or replace function internal.index_content()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- an entry of an index holds no more
    if exists (
        select from pg_catalog.unnest(new.tags || new.hashtags) as t (tag)
        where pg_catalog.char_length(t.tag) > 200
    ) then
        raise exception 'a tag has 200 characters at most' using errcode = '23514';
    end if;
    new.search_vector := internal.content_document(
        new.title, new.tags, new.hashtags, new.description
    );
    return new;
end;
$$;

-- The owner and the platform of an item are its account's, whatever was said.
create or replace function internal.own_content()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    select a.user_id, a.platform_id into strict new.user_id, new.platform_id
    from public.social_account as a
    where a.id = new.social_account_id;
    return new;
exception
    when no_data_found then
        raise exception 'there is no such account' using errcode = '23503';
end;
$$;

-- Before an owner's own edit is written: the fields that it changes are the owner's from now on.
-- A field that was the platform's until now keeps what the platform said of it.
create or replace function internal.mark_edits()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_field text;
    v_old jsonb := pg_catalog.to_jsonb(old);
    v_new jsonb := pg_catalog.to_jsonb(new);
begin
    foreach v_field in array
        array['title', 'description', 'tags', 'hashtags', 'category_code', 'visibility']
    loop
        if v_new -> v_field is distinct from v_old -> v_field
            and not old.edited ? v_field
        then
            new.edited := new.edited
                || pg_catalog.jsonb_build_object(v_field, v_old -> v_field);
        end if;
    end loop;
    -- when it was deleted follows from that it was; what is gone already is not deleted by an edit
    -- of something else
    if new.deleted_at is null then
        new.edited := new.edited - 'deleted_at';
    elsif new.deleted_at is distinct from old.deleted_at then
        new.deleted_at := coalesce(old.deleted_at, now());
        new.edited := new.edited || '{"deleted_at": null}';
    end if;
    return new;
end;
$$;

-- After an owner's own edit: a revision for each field that it changed.
create or replace function internal.record_edits()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into public.content_revision (
        content_item_id, user_id, field_name, old_value, new_value, change_source
    )
    select
        new.id, new.user_id, f.name, f.old_value, f.new_value,
        case
            when pg_catalog.current_setting('role') in ('authenticated', 'edge_user') then 'user'
            else 'service'
        end
    from (values
        ('title', old.title, new.title),
        ('description', old.description, new.description),
        (
            'tags', pg_catalog.to_jsonb(old.tags)::text, pg_catalog.to_jsonb(new.tags)::text
        ),
        (
            'hashtags', pg_catalog.to_jsonb(old.hashtags)::text,
            pg_catalog.to_jsonb(new.hashtags)::text
        ),
        ('visibility', old.visibility::text, new.visibility::text)
    ) as f (name, old_value, new_value)
    where f.old_value is distinct from f.new_value;
    return null;
end;
$$;

-- An account that has content is not deleted by itself. Its owner may go, and takes all along: by
-- then the owner's row is gone already.
create or replace function public.prevent_account_deletion_with_content()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if exists (select from public.users as u where u.id = old.user_id)
        and exists (
            select from public.content_item as c
            where c.social_account_id = old.id and c.deleted_at is null
        )
    then
        raise exception 'the account has content: disconnect it, or delete the content first'
            using errcode = '23503';
    end if;
    return old;
end;
$$;

-- The functions of a sync run as the tables' owner, and say themselves, for many new items at once,
-- whose each is and what search finds it by. What anybody else writes is seen to here.
create or replace trigger own_new_content before insert on public.content_item
for each row when (current_user <> 'streamvibe_owner')
execute function internal.own_content();

create or replace trigger own_content
before update of user_id, social_account_id, platform_id on public.content_item
for each row execute function internal.own_content();

create or replace trigger index_content before insert on public.content_item
for each row when (current_user <> 'streamvibe_owner')
execute function internal.index_content();

create or replace trigger index_changed_content
before update of title, description, tags, hashtags on public.content_item
for each row
when (
    old.title is distinct from new.title
    or old.description is distinct from new.description
    or old.tags <> new.tags
    or old.hashtags <> new.hashtags
)
execute function internal.index_content();

-- the functions of a sync run as the tables' owner; anybody else edits
create or replace trigger mark_edits
before update of title, description, tags, hashtags, category_code, visibility, deleted_at
on public.content_item
for each row when (current_user <> 'streamvibe_owner')
execute function internal.mark_edits();

create or replace trigger record_edits
after update of title, description, tags, hashtags, visibility on public.content_item
for each row when (current_user <> 'streamvibe_owner')
execute function internal.record_edits();

create or replace trigger prevent_account_deletion_with_content
before delete on public.social_account
for each row execute function public.prevent_account_deletion_with_content();

do $$
declare
    v_table text;
begin
    foreach v_table in array array['content_type', 'content_item', 'content_media'] loop
        execute pg_catalog.format(
            'create or replace trigger update_updated_at before update on public.%I '
            'for each row when (old.* is distinct from new.*) '
            'execute function internal.update_updated_at()',
            v_table
        );
    end loop;
end;
$$;

--
-- A sync's life, for the functions sync-*
--

-- Gives up a run whose lease has ended, so that another may begin: its unit goes back. Whoever
-- comes second is refused, and what it did here with it. The counters' row is locked first and the
-- reservation before the run, as by whatever else changes them.
create or replace function internal.give_up_sync(p_run internal.sync_run)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_reservation internal.quota_reservation;
begin
    if p_run.reservation_id is not null then
        perform internal.lock_quotas(p_run.user_id);
        delete from internal.quota_reservation as r
        where r.id = p_run.reservation_id
        returning r.* into v_reservation;
        if found then
            perform internal.give_quota_back(v_reservation, 'the sync was given up');
        end if;
    end if;
    update internal.sync_run as r
    set outcome = 'abandoned', ended_at = clock_timestamp()
    where r.id = p_run.id and r.ended_at is null and r.lease_until <= clock_timestamp();
    if not found then
        perform internal.refuse(409, 'CONFLICT', 'This account is being synced already.');
    end if;
end;
$$;

-- Begins a sync of the caller's account: PT404 when it has no such account on the platform, PT409
-- while another sync of it runs. Without `p_is_full` the whole listing is due when for a week none
-- was read to its end, or tried to be. `covered_items` is how many of the newest are stored without
-- a gap: none after a run that broke off.
create or replace function internal.begin_sync(
    p_social_account_id uuid,
    p_platform text,
    p_is_full boolean,
    p_reservation uuid,
    p_lease interval
)
returns table (run_id uuid, listing_id text, is_full boolean, covered_items integer)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_account public.social_account;
    v_run internal.sync_run;
begin
    select a.* into v_account
    from public.social_account as a
    inner join public.platform as p on a.platform_id = p.id
    where a.id = p_social_account_id and a.user_id = v_user_id and p.slug = p_platform
        and a.deleted_at is null;
    if not found then
        perform internal.refuse(404, 'NOT_FOUND', 'There is no such account on this platform.');
    end if;

    select r.* into v_run
    from internal.sync_run as r
    where r.social_account_id = v_account.id and r.ended_at is null;
    if found then
        if v_run.lease_until > clock_timestamp() then
            perform internal.refuse(409, 'CONFLICT', 'This account is being synced already.');
        end if;
        perform internal.give_up_sync(v_run);
    end if;

    is_full := coalesce(
        p_is_full,
        greatest(v_account.last_full_sync_at, v_account.created_at) < now() - interval '7 days'
        and not exists (
            select from internal.sync_run as r
            where r.social_account_id = v_account.id
                and r.is_full
                and r.started_at > now() - interval '7 days'
        )
    );
    insert into internal.sync_run as r (
        social_account_id, user_id, platform_id, reservation_id, lease, lease_until, is_full,
        started_at
    ) values (
        v_account.id, v_user_id, v_account.platform_id, p_reservation, p_lease,
        clock_timestamp() + p_lease, begin_sync.is_full, clock_timestamp()
    )
    on conflict (social_account_id) where ended_at is null do nothing
    returning r.id into run_id;
    if run_id is null then
        perform internal.refuse(409, 'CONFLICT', 'This account is being synced already.');
    end if;

    select r.listing_id into listing_id
    from internal.sync_run as r
    where r.social_account_id = v_account.id and r.listing_id is not null
    order by r.id desc
    limit 1;
    covered_items := coalesce((
        select r.covered_items
        from internal.sync_run as r
        where r.social_account_id = v_account.id and r.id <> run_id
        order by r.id desc
        limit 1
    ), 0);
    return next;
end;
$$;

-- Prolongs the lease of the caller's run; PT409 when it has been given up, or its account was
-- unlinked. Until the transaction ends it is not unlinked either.
create or replace function internal.hold_sync(p_run uuid)
returns internal.sync_run
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_run internal.sync_run;
begin
    update internal.sync_run as r
    set lease_until = clock_timestamp() + r.lease
    where r.id = p_run and r.user_id = v_user_id and r.ended_at is null
    returning r.* into v_run;
    if not found then
        perform internal.refuse(
            409, 'CONFLICT', 'The sync took too long to go on: another one may have begun.'
        );
    end if;
    perform from public.social_account as a
    where a.id = v_run.social_account_id and a.deleted_at is null
    for no key update;
    if not found then
        perform internal.refuse(409, 'CONFLICT', 'The account was unlinked meanwhile.');
    end if;
    return v_run;
end;
$$;

-- An address without what signs it and lets it expire.
create or replace function internal.unsigned_url(p_url text)
returns text
language sql immutable
set search_path = ''
as $$
    select pg_catalog.split_part(p_url, '?', 1)
$$;

-- Stores a page of a run's listing: what is new is inserted, what has changed is written and leaves
-- a revision for each field, what has not is left alone. An item that returns is undeleted, unless
-- its owner deleted it; one of another account is left where it is; one listed twice counts once.
--
-- A field that the owner edited stays: what the platform says of it is compared with what it said
-- last. A counter that is not told stays too. An address of which only the signature is new is
-- written once an hour, since the old one expires, and counts as no change.
create or replace function internal.store_content(p_run uuid, p_items jsonb)
returns table (
    new_items integer,
    updated_items integer,
    refused_items integer,
    seen uuid []
)
language plpgsql
security definer
set search_path = ''
-- each item is looked up in an index: the table, which may have grown since anybody last looked at
-- it, is never read whole
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_custom_plan
as $$
declare
    v_run internal.sync_run := internal.hold_sync(p_run);
    v_added uuid[] := '{}';
    v_changed uuid[] := '{}';
    v_page record;
begin
    -- A plan is kept, once the table is large enough for one that looks items up.
    if pg_catalog.pg_relation_size('public.content_item') > 1024 * 1024 then
        set local plan_cache_mode = force_generic_plan;
    end if;
    for v_attempt in 1 .. 5 loop
        with listed as (
            select distinct on (i.id) i.*, t.id as type_id
            from rows from (pg_catalog.jsonb_to_recordset(p_items) as (
                id text,
                type text,
                url text,
                title text,
                description text,
                thumbnail_url text,
                media_url text,
                embed_html text,
                duration_seconds integer,
                views bigint,
                likes bigint,
                comments bigint,
                shares bigint,
                tags text [],
                hashtags text [],
                category_code text,
                language text,
                published_at timestamptz,
                visibility public.visibility_enum
            )) with ordinality as i (
                id, type, url, title, description, thumbnail_url, media_url, embed_html,
                duration_seconds, views, likes, comments, shares, tags, hashtags, category_code,
                language, published_at, visibility, place
            )
            inner join public.content_type as t on i.type = t.slug
            order by i.id, i.place
        ),
        -- `said` is what the platform said last
        compared as (
            select
                l.*,
                c.id as item_id,
                c.xmin as version,
                c.edited,
                coalesce(c.social_account_id <> v_run.social_account_id, false) as is_foreign,
                s.title as said_title,
                s.description as said_description,
                s.tags as said_tags,
                s.hashtags as said_hashtags,
                s.visibility as said_visibility,
                (
                    l.type_id, l.url, l.embed_html, l.duration_seconds, l.language, l.published_at,
                    coalesce(l.views, c.views_count), coalesce(l.likes, c.likes_count),
                    coalesce(l.comments, c.comments_count), coalesce(l.shares, c.shares_count),
                    l.title, l.description, l.tags, l.hashtags, l.visibility::text,
                    coalesce(l.category_code, s.category_code),
                    internal.unsigned_url(l.thumbnail_url), internal.unsigned_url(l.media_url),
                    false
                ) is distinct from (
                    c.content_type_id, c.content_url, c.embed_html, c.duration_seconds, c.language,
                    c.published_at, c.views_count, c.likes_count, c.comments_count, c.shares_count,
                    s.title, s.description, s.tags, s.hashtags, s.visibility, s.category_code,
                    internal.unsigned_url(c.thumbnail_url), internal.unsigned_url(c.media_url),
                    c.deleted_at is not null and not c.edited ? 'deleted_at'
                ) as is_changed,
                (l.thumbnail_url, l.media_url) is distinct from (c.thumbnail_url, c.media_url)
                and c.synced_at < now() - interval '1 hour' as is_stale
            from listed as l
            left join lateral (
                select o.*, o.xmin
                from public.content_item as o
                where o.platform_id = v_run.platform_id and o.platform_content_id = l.id
                limit 1
            ) as c on true
            cross join lateral (
                select
                    case when c.edited ? 'title' then c.edited ->> 'title' else c.title end
                        as title,
                    case
                        when c.edited ? 'description' then c.edited ->> 'description'
                        else c.description
                    end as description,
                    case
                        when c.edited ? 'tags' then internal.json_texts(c.edited -> 'tags')
                        else c.tags
                    end as tags,
                    case
                        when c.edited ? 'hashtags' then internal.json_texts(c.edited -> 'hashtags')
                        else c.hashtags
                    end as hashtags,
                    case
                        when c.edited ? 'visibility' then c.edited ->> 'visibility'
                        else c.visibility::text
                    end as visibility,
                    case
                        when c.edited ? 'category_code' then c.edited ->> 'category_code'
                        else c.category_code
                    end as category_code
            ) as s
        ),
        -- a row that somebody has changed meanwhile is looked at once more
        written as (
            update public.content_item as c
            set
                content_type_id = n.type_id,
                content_url = n.url,
                title = case when n.edited ? 'title' then c.title else n.title end,
                description = case
                    when n.edited ? 'description' then c.description else n.description
                end,
                thumbnail_url = n.thumbnail_url,
                media_url = n.media_url,
                embed_html = n.embed_html,
                duration_seconds = n.duration_seconds,
                views_count = coalesce(n.views, c.views_count),
                likes_count = coalesce(n.likes, c.likes_count),
                comments_count = coalesce(n.comments, c.comments_count),
                shares_count = coalesce(n.shares, c.shares_count),
                tags = case when n.edited ? 'tags' then c.tags else n.tags end,
                hashtags = case when n.edited ? 'hashtags' then c.hashtags else n.hashtags end,
                category_code = case
                    when n.edited ? 'category_code' then c.category_code
                    else coalesce(n.category_code, c.category_code)
                end,
                language = n.language,
                published_at = n.published_at,
                visibility = case
                    when n.edited ? 'visibility' then c.visibility else n.visibility
                end,
                deleted_at = case when n.edited ? 'deleted_at' then c.deleted_at end,
                synced_at = now(),
                edited = case when n.edited = '{}' then n.edited else n.edited || (
                    select coalesce(pg_catalog.jsonb_object_agg(f.name, f.said), '{}')
                    from (values
                        ('title', pg_catalog.to_jsonb(n.title)),
                        ('description', pg_catalog.to_jsonb(n.description)),
                        ('tags', pg_catalog.to_jsonb(n.tags)),
                        ('hashtags', pg_catalog.to_jsonb(n.hashtags)),
                        ('visibility', pg_catalog.to_jsonb(n.visibility)),
                        (
                            'category_code',
                            coalesce(
                                pg_catalog.to_jsonb(n.category_code), n.edited -> 'category_code'
                            )
                        )
                    ) as f (name, said)
                    where n.edited ? f.name
                ) end
            from compared as n
            where
                c.id = n.item_id
                and c.xmin = n.version
                and not n.is_foreign
                and (n.is_changed or n.is_stale)
            returning n.*
        ),
        added as (
            insert into public.content_item (
                user_id, social_account_id, platform_id, content_type_id, platform_content_id,
                content_url, title, description, thumbnail_url, media_url, embed_html,
                duration_seconds, views_count, likes_count, comments_count, shares_count, tags,
                hashtags, category_code, language, search_vector, published_at, visibility
            )
            select
                v_run.user_id, v_run.social_account_id, v_run.platform_id, n.type_id, n.id, n.url,
                n.title, n.description, n.thumbnail_url, n.media_url, n.embed_html,
                n.duration_seconds, coalesce(n.views, 0), coalesce(n.likes, 0),
                coalesce(n.comments, 0), coalesce(n.shares, 0), n.tags, n.hashtags,
                n.category_code, n.language,
                internal.content_document(n.title, n.tags, n.hashtags, n.description),
                n.published_at, n.visibility
            from compared as n
            where n.item_id is null
            on conflict (platform_id, platform_content_id) do nothing
            returning content_item.id
        ),
        revised as (
            insert into public.content_revision (
                content_item_id, user_id, field_name, old_value, new_value, change_source,
                change_reason
            )
            select
                w.item_id, v_run.user_id, f.name, f.old_value, f.new_value, 'sync',
                case when w.edited ? f.name then 'not taken over, since its owner edited it' end
            from written as w
            cross join lateral (values
                ('title', w.said_title, w.title),
                ('description', w.said_description, w.description),
                (
                    'tags',
                    pg_catalog.to_jsonb(w.said_tags)::text, pg_catalog.to_jsonb(w.tags)::text
                ),
                (
                    'hashtags',
                    pg_catalog.to_jsonb(w.said_hashtags)::text,
                    pg_catalog.to_jsonb(w.hashtags)::text
                ),
                ('visibility', w.said_visibility, w.visibility::text)
            ) as f (name, old_value, new_value)
            where f.old_value is distinct from f.new_value
        )
        select
            array(select a.id from added as a) as added,
            array(select w.item_id from written as w where w.is_changed) as changed,
            count(*) filter (
                where n.item_id is not null and not n.is_foreign and (n.is_changed or n.is_stale)
            ) - (select count(*) from written) as missed,
            count(*) filter (where n.is_foreign or n.item_id is null)
            - (select count(*) from added) as refused,
            array(
                select o.item_id from compared as o where o.item_id is not null and not o.is_foreign
            ) || array(select a.id from added as a) as seen
        into v_page
        from compared as n;

        v_added := v_added || v_page.added;
        v_changed := v_changed || v_page.changed;
        exit when v_page.missed = 0;
        if v_attempt = 5 then
            raise exception 'the items change too fast' using errcode = '40001';
        end if;
    end loop;
    new_items := pg_catalog.cardinality(v_added);
    refused_items := v_page.refused;
    seen := v_page.seen;

    if p_items @? '$[*].children[0]' or exists (
        select from public.content_media as m where m.content_id = any(seen)
    ) then
        v_changed := v_changed || internal.store_media(v_run, p_items, seen);
    end if;
    updated_items := (
        select count(distinct u.id)
        from pg_catalog.unnest(v_changed) as u (id)
        where u.id <> all(v_added)
    );
    return next;
end;
$$;

-- Stores what the items of a page consist of, in the order of the page; returns those of which that
-- has changed.
create or replace function internal.store_media(
    p_run internal.sync_run,
    p_items jsonb,
    p_seen uuid []
)
returns uuid []
language sql
set search_path = ''
as $$
    with listed as (
        select distinct on (c.id, m.place)
            c.id as content_id,
            m.place::integer - 1 as display_order,
            m.media_url,
            m.media_type,
            m.thumbnail_url
        from pg_catalog.jsonb_array_elements(p_items) with ordinality as i (item, place)
        inner join public.content_item as c
            on c.platform_id = p_run.platform_id
            and c.platform_content_id = i.item ->> 'id'
            and c.id = any(p_seen)
        cross join lateral rows from (pg_catalog.jsonb_to_recordset(i.item -> 'children') as (
            media_url text,
            media_type text,
            thumbnail_url text
        )) with ordinality as m (media_url, media_type, thumbnail_url, place)
        order by c.id, m.place, i.place
    ),
    gone as (
        delete from public.content_media as m
        where m.content_id = any(p_seen) and not exists (
            select from listed as l
            where l.content_id = m.content_id and l.display_order = m.display_order
        )
        returning m.content_id
    ),
    put as (
        insert into public.content_media as m (
            content_id, display_order, media_url, media_type, thumbnail_url
        )
        select l.content_id, l.display_order, l.media_url, l.media_type, l.thumbnail_url
        from listed as l
        on conflict (content_id, display_order) do update
        set
            media_url = excluded.media_url,
            media_type = excluded.media_type,
            thumbnail_url = excluded.thumbnail_url
        where
            (
                m.media_type, internal.unsigned_url(m.media_url),
                internal.unsigned_url(m.thumbnail_url)
            ) is distinct from (
                excluded.media_type, internal.unsigned_url(excluded.media_url),
                internal.unsigned_url(excluded.thumbnail_url)
            )
            or (
                (m.media_url, m.thumbnail_url)
                is distinct from (excluded.media_url, excluded.thumbnail_url)
                and m.updated_at < now() - interval '1 hour'
            )
        returning m.content_id
    )
    select array(select g.content_id from gone as g union select p.content_id from put as p)
$$;

-- What a run did not see of its account: candidates for deletion. Those are within its walk that
-- are no older than what it read; all of them when that was the whole listing.
create or replace function internal.unseen_content(
    p_run uuid,
    p_seen uuid [],
    p_types text [],
    p_since timestamptz default null
)
returns table (id uuid, platform_content_id text, is_within boolean)
language plpgsql
security definer
set search_path = ''
-- what was seen is held against a table that may have grown since it was last looked at: never item
-- by item
set enable_nestloop = off
as $$
declare
    v_run internal.sync_run := internal.hold_sync(p_run);
begin
    return query
    select c.id, c.platform_content_id, p_since is null or c.published_at >= p_since
    from public.content_item as c
    inner join public.content_type as t on c.content_type_id = t.id
    where c.social_account_id = v_run.social_account_id
        and c.deleted_at is null
        and t.slug = any(p_types)
        and not exists (
            select from pg_catalog.unnest(p_seen) as s (id) where s.id = c.id
        )
    order by c.id;
end;
$$;

-- What the platform's owner and the account's are told of a run's end.
create or replace function internal.sync_report(p_account uuid)
returns table (
    total_count bigint,
    next_sync_at timestamptz,
    quota_used integer,
    quota_limit integer
)
language sql stable
set search_path = ''
as $$
    select
        (
            select count(*)
            from public.content_item as c
            where c.social_account_id = a.id and c.deleted_at is null
        ),
        a.next_sync_at,
        q.used,
        q.max_value
    from public.social_account as a
    left join lateral internal.quota_state(a.user_id, 'sync') as q on true
    where a.id = p_account
$$;

-- Deletes stories softly once their day is over, of one account or of all; returns how many. The
-- platform lists them no more, and a sync may be long in coming, or not be given their list.
create or replace function internal.expire_stories(p_account uuid default null)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_expired integer;
begin
    update public.content_item as c
    set deleted_at = now(), synced_at = now()
    where c.id in (
        select s.id
        from public.content_item as s
        inner join public.content_type as t on s.content_type_id = t.id
        where t.slug = 'story'
            and s.published_at <= now() - interval '24 hours'
            and s.deleted_at is null
            and (p_account is null or s.social_account_id = p_account)
        limit 50000
    );
    get diagnostics v_expired = row_count;
    return v_expired;
end;
$$;

-- Writes what a channel says of itself by now; of another channel it is nothing.
create or replace function internal.renew_profile(p_account uuid, p_profile jsonb)
returns void
language sql
set search_path = ''
as $$
    update public.social_account as a
    set
        account_name = n.name,
        account_username = n.username,
        account_avatar_url = n.avatar_url,
        account_url = n.url,
        description = n.description,
        follower_count = n.followers,
        following_count = n.following,
        post_count = n.posts
    from public.platform_connection as c
    cross join public.social_account as o
    cross join lateral (
        select
            coalesce(
                nullif(p_profile ->> 'display_name', ''), nullif(p_profile ->> 'username', ''),
                o.account_name
            ) as name,
            coalesce(p_profile ->> 'username', o.account_username) as username,
            coalesce(p_profile ->> 'avatar_url', o.account_avatar_url) as avatar_url,
            coalesce(p_profile ->> 'url', o.account_url) as url,
            coalesce(p_profile ->> 'description', o.description) as description,
            (p_profile ->> 'follower_count')::bigint as followers,
            (p_profile ->> 'following_count')::integer as following,
            (p_profile ->> 'post_count')::integer as posts
    ) as n
    where a.id = p_account
        and o.id = a.id
        and c.id = a.connection_id
        and c.platform_user_id = p_profile ->> 'id'
        and (
            a.account_name, a.account_username, a.account_avatar_url, a.account_url, a.description,
            a.follower_count, a.following_count, a.post_count
        ) is distinct from (
            n.name, n.username, n.avatar_url, n.url, n.description, n.followers, n.following,
            n.posts
        )
$$;

-- Ends a run that succeeded, in the transaction that spends its unit. What is gone is deleted
-- softly; the next sync is due as often as the owner wants.
create or replace function internal.finish_sync(
    p_run uuid,
    p_is_whole boolean,
    p_gone uuid [],
    p_listing_id text,
    p_covered integer,
    p_read integer,
    p_new integer,
    p_updated integer,
    p_failed integer,
    p_profile jsonb default null
)
returns table (
    deleted_items integer,
    total_count bigint,
    next_sync_at timestamptz,
    quota_used integer,
    quota_limit integer
)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_run internal.sync_run := internal.hold_sync(p_run);
begin
    update public.content_item as c
    set deleted_at = now(), synced_at = now()
    from pg_catalog.unnest(p_gone) as g (id)
    where c.id = g.id and c.social_account_id = v_run.social_account_id and c.deleted_at is null;
    get diagnostics deleted_items = row_count;
    deleted_items := deleted_items + internal.expire_stories(v_run.social_account_id);

    update internal.sync_run as r
    set
        outcome = 'completed',
        ended_at = clock_timestamp(),
        is_whole = p_is_whole,
        listing_id = p_listing_id,
        covered_items = p_covered,
        read_items = p_read,
        new_items = p_new,
        updated_items = p_updated,
        failed_items = p_failed,
        deleted_items = finish_sync.deleted_items
    where r.id = p_run;

    perform internal.renew_profile(v_run.social_account_id, p_profile);
    update public.social_account as a
    set
        last_synced_at = now(),
        last_full_sync_at = case when p_is_whole then now() else a.last_full_sync_at end,
        last_sync_status = 'completed',
        last_error = null,
        next_sync_at = now() + make_interval(hours => coalesce((
            select s.sync_frequency_hours from public.user_setting as s where s.user_id = a.user_id
        ), 24))
    where a.id = v_run.social_account_id;

    return query
    select finish_sync.deleted_items, p.*
    from internal.sync_report(v_run.social_account_id) as p;
end;
$$;

-- Ends a run that failed: why, and when it is worth another try; null when only its owner can help.
-- An account whose channel the platform has closed goes out of use, and its owner is told. A run
-- that was given up meanwhile is left as it is.
create or replace function internal.fail_sync(
    p_run uuid,
    p_status text,
    p_code text,
    p_message text,
    p_next_sync_at timestamptz,
    p_read integer,
    p_new integer,
    p_updated integer,
    p_failed integer,
    p_is_closed boolean default false
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_run internal.sync_run;
    v_connection uuid;
begin
    if p_is_closed then
        -- the counters' row first, as whatever else changes both
        perform internal.lock_quotas(v_user_id);
    end if;
    update internal.sync_run as r
    set
        outcome = 'failed',
        ended_at = clock_timestamp(),
        error_code = p_code,
        is_whole = false,
        read_items = p_read,
        new_items = p_new,
        updated_items = p_updated,
        failed_items = p_failed
    where r.id = p_run and r.user_id = v_user_id and r.ended_at is null
    returning r.* into v_run;
    if not found then
        return false;
    end if;
    update public.social_account as a
    set
        last_sync_status = p_status,
        last_error = pg_catalog.left(p_message, 1000),
        next_sync_at = case when a.is_active then p_next_sync_at end
    where a.id = v_run.social_account_id
    returning a.connection_id into v_connection;
    if p_is_closed then
        perform internal.end_connection(
            v_connection, 'inactive', p_message, 'Your channel on %s is closed or suspended'
        );
    end if;
    return true;
end;
$$;

-- Ends runs whose process has gone; returns how many. Their units come back with their leases.
create or replace function internal.end_abandoned_syncs()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_ended integer;
begin
    with ended as (
        update internal.sync_run as r
        set outcome = 'abandoned', ended_at = clock_timestamp()
        where r.id in (
            select o.id
            from internal.sync_run as o
            where o.ended_at is null and o.lease_until <= clock_timestamp()
            limit 1000
            for no key update skip locked
        )
        returning r.social_account_id
    ),
    told as (
        update public.social_account as a
        set
            last_sync_status = 'failed',
            last_error = 'The sync was interrupted; the next one goes on from there.',
            next_sync_at = case when a.is_active then least(a.next_sync_at, now()) end
        from ended as e
        where a.id = e.social_account_id
    )
    select count(*) into v_ended from ended;
    return v_ended;
end;
$$;

-- Drops runs and days that are 90 days old; returns how many.
create or replace function internal.prune_syncs()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_pruned integer;
begin
    delete from internal.platform_day as d where d.day < now() - interval '90 days';
    delete from internal.sync_run as r
    where r.id in (
        select o.id
        from internal.sync_run as o
        where o.started_at < now() - interval '90 days' and o.ended_at is not null
        limit 50000
    );
    get diagnostics v_pruned = row_count;
    return v_pruned;
end;
$$;

--
-- A platform's daily units, which the whole deployment shares
--

-- Counts who has an account to sync, for a day whose row is locked: their shares follow from that,
-- and what of the day they have used by right.
create or replace function internal.count_claimants(
    p_platform text,
    p_day date,
    p_limit integer
)
returns internal.platform_day
language plpgsql
set search_path = ''
as $$
declare
    v_claimants integer := (
        select count(distinct n.user_id)
        from public.platform_connection as n
        inner join public.platform as p on n.platform_id = p.id
        where p.slug = p_platform and n.is_active
    );
    v_share integer := p_limit / greatest(v_claimants, 1);
    v_row internal.platform_day;
begin
    update internal.platform_day as d
    set
        claimants = v_claimants,
        share = v_share,
        units_used_by_right = coalesce((
            select sum(least(u.units_used, v_share))
            from internal.platform_day_user as u
            where u.platform = p_platform and u.day = p_day and u.is_claimant
        ), 0)
    where d.platform = p_platform and d.day = p_day
    returning d.* into v_row;
    return v_row;
end;
$$;

-- Takes units of the platform's day, which ends at midnight in California, for the caller; says
-- whether they are given and, when not, from when on they would be.
--
-- Each user who has an account there gets an equal share by right; they are counted when the day
-- begins, and anew whenever one comes for the first time, or without an account. Beyond it a user
-- gets what is left over, as does whoever has no account; of the others' shares that they have not
-- used, the part of the day that is still to come is kept for them.
create or replace function internal.take_platform_units(
    p_platform text,
    p_units integer,
    p_limit integer,
    p_now timestamptz default now()
)
returns table (is_given boolean, used integer, returns_at timestamptz)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_day date := (p_now at time zone 'America/Los_Angeles')::date;
    v_begins timestamptz := v_day::timestamp at time zone 'America/Los_Angeles';
    v_ends timestamptz := (v_day + 1)::timestamp at time zone 'America/Los_Angeles';
    v_row internal.platform_day;
    v_is_new boolean := false;
    v_is_claimant boolean := exists (
        select from public.platform_connection as n
        inner join public.platform as p on n.platform_id = p.id
        where p.slug = p_platform and n.is_active and n.user_id = v_user_id
    );
    v_was_claimant boolean;
    v_own integer;
    v_share integer;
    v_kept numeric;
    v_free numeric;
begin
    if p_units < 1 or p_limit < 0 then
        raise exception 'units are counted from 1' using errcode = '22023';
    end if;
    select d.* into v_row
    from internal.platform_day as d
    where d.platform = p_platform and d.day = v_day
    for no key update;
    if not found then
        insert into internal.platform_day (platform, day) values (p_platform, v_day)
        on conflict (platform, day) do nothing;
        v_is_new := found;
        select d.* into strict v_row
        from internal.platform_day as d
        where d.platform = p_platform and d.day = v_day
        for no key update;
    end if;

    select u.units_used, u.is_claimant into v_own, v_was_claimant
    from internal.platform_day_user as u
    where u.platform = p_platform and u.day = v_day and u.user_id = v_user_id;
    v_own := coalesce(v_own, 0);
    if v_is_new or v_is_claimant is distinct from coalesce(v_was_claimant, false) then
        update internal.platform_day_user as u
        set is_claimant = v_is_claimant
        where u.platform = p_platform and u.day = v_day and u.user_id = v_user_id;
        v_row := internal.count_claimants(p_platform, v_day, p_limit);
    end if;
    v_share := case when v_is_claimant then v_row.share else 0 end;
    -- what the others may still claim
    v_kept := greatest(
        v_row.share::numeric * (v_row.claimants - v_is_claimant::integer)
        - (v_row.units_used_by_right - least(v_own, v_share)),
        0
    );
    -- what is there to take beyond the share, at the day's end
    v_free := p_limit - v_row.units_used - p_units;
    used := v_row.units_used;
    returns_at := v_ends;
    is_given := v_free >= 0 and (
        v_own + p_units <= v_share
        or v_free >= v_kept
        * extract(epoch from v_ends - p_now) / extract(epoch from v_ends - v_begins)
    );
    if not is_given then
        if v_free > 0 then
            -- when enough of what is kept has been let go
            returns_at := greatest(v_ends - (v_ends - v_begins) * (v_free / v_kept)::float8, p_now);
        end if;
        return next;
        return;
    end if;

    update internal.platform_day as d
    set
        units_used = d.units_used + p_units,
        units_used_by_right = d.units_used_by_right
        + least(v_own + p_units, v_share) - least(v_own, v_share)
    where d.platform = p_platform and d.day = v_day
    returning d.units_used into used;
    insert into internal.platform_day_user as u (platform, day, user_id, is_claimant, units_used)
    values (p_platform, v_day, v_user_id, v_is_claimant, p_units)
    on conflict (platform, day, user_id) do update
    set units_used = u.units_used + excluded.units_used;
    return next;
end;
$$;

-- Puts back units that the caller has taken today and not spent.
create or replace function internal.return_platform_units(
    p_platform text,
    p_units integer,
    p_now timestamptz default now()
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := internal.acting_user();
    v_day date := (p_now at time zone 'America/Los_Angeles')::date;
    v_own integer;
    v_is_claimant boolean;
    v_units integer;
begin
    -- in the order in which they are taken
    perform from internal.platform_day as d
    where d.platform = p_platform and d.day = v_day
    for no key update;
    select u.units_used, u.is_claimant, least(p_units, u.units_used)
    into v_own, v_is_claimant, v_units
    from internal.platform_day_user as u
    where u.platform = p_platform and u.day = v_day and u.user_id = v_user_id;
    if v_units > 0 then
        update internal.platform_day as d
        set
            units_used = d.units_used - v_units,
            units_used_by_right = d.units_used_by_right
            - v_is_claimant::integer * (least(v_own, d.share) - least(v_own - v_units, d.share))
        where d.platform = p_platform and d.day = v_day;
        update internal.platform_day_user as u
        set units_used = v_own - v_units
        where u.platform = p_platform and u.day = v_day and u.user_id = v_user_id;
    end if;
end;
$$;

--
-- Who may do what: nothing that is not said here
--

revoke execute on all functions in schema public, internal from public;
revoke all on table
public.content_type,
public.content_item,
public.content_revision,
public.content_media,
internal.sync_run,
internal.platform_day,
internal.platform_day_user
from public, anon, authenticated, service_role;

alter table public.content_item enable row level security;
alter table public.content_revision enable row level security;
alter table public.content_media enable row level security;
alter table internal.sync_run enable row level security;
alter table internal.platform_day enable row level security;
alter table internal.platform_day_user enable row level security;

drop policy if exists content_item_select_own on public.content_item;
create policy content_item_select_own on public.content_item
for select to authenticated using (user_id = (select auth.uid()));

drop policy if exists content_item_update_own on public.content_item;
create policy content_item_update_own on public.content_item
for update to authenticated using (user_id = (select auth.uid()))
with check (user_id = (select auth.uid()));

drop policy if exists content_revision_select_own on public.content_revision;
create policy content_revision_select_own on public.content_revision
for select to authenticated using (user_id = (select auth.uid()));

-- the discovery module counts this one as its own
drop policy if exists content_media_select_own on public.content_media;
create policy content_media_select_own on public.content_media
for select to authenticated using (
    exists (
        select from public.content_item as c
        -- noqa: disable=RF01
        where c.id = content_media.content_id and c.user_id = (select auth.uid())
        -- noqa: enable=RF01
    )
);

grant select on table public.content_type to anon, authenticated;

grant select on table
public.content_item,
public.content_revision,
public.content_media
to authenticated;

grant update (
    title,
    description,
    tags,
    category_code,
    seo_title,
    seo_description,
    seo_keywords,
    visibility,
    deleted_at
) on table public.content_item to authenticated;

grant select, insert, update, delete on table
public.content_type,
public.content_item,
public.content_media
to service_role;

grant select, insert on table public.content_revision to service_role;

grant execute on function
internal.begin_sync(uuid, text, boolean, uuid, interval),
internal.hold_sync(uuid),
internal.store_content(uuid, jsonb),
internal.unseen_content(uuid, uuid [], text [], timestamptz),
internal.finish_sync(
    uuid, boolean, uuid [], text, integer, integer, integer, integer, integer, jsonb
),
internal.fail_sync(
    uuid, text, text, text, timestamptz, integer, integer, integer, integer, boolean
),
internal.take_platform_units(text, integer, integer, timestamptz),
internal.return_platform_units(text, integer, timestamptz)
to edge_user;

grant execute on function
internal.end_abandoned_syncs(),
internal.expire_stories(uuid),
internal.prune_syncs()
to service_role;

reset role;
