-- login: edge_service
-- A listing of thousands of items: each page costs what its own items do, however many are stored.

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

select test.act('edge_user', test.ann());
select set_config('test.run', b.run_id::text, true)
from internal.begin_sync(test.ann(), 'youtube', true, null, '1 hour') as b;

-- pages of 50 from one to another, their items seen so often; new and updated ones
create function pg_temp.stored(p_from integer, p_to integer, p_views integer)
returns text language sql
as $$
    select concat_ws(' ', sum(s.new_items), sum(s.updated_items), sum(cardinality(s.seen)))
    from generate_series(p_from, p_to) as page (number)
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
            'id', page.number * 50 + i.number, 'type', 'long_video', 'title', 'Some words',
            'views', p_views, 'tags', '[]'::jsonb, 'hashtags', '[]'::jsonb,
            'published_at', '2026-01-01T00:00:00Z', 'visibility', 'public'
        )) as items
        from generate_series(1, 50) as i (number)
    ) as listed
    cross join lateral internal.store_content(
        current_setting('test.run')::uuid, listed.items
    ) as s
$$;

-- rows of content that the statement reads for each of so many items
create function pg_temp.reads(p_items integer, p_statement text) returns bigint language plpgsql
as $$
declare
    v_reads bigint;
begin
    select t.seq_tup_read + t.idx_tup_fetch into v_reads
    from pg_stat_xact_user_tables as t where t.relid = 'public.content_item'::regclass;
    execute p_statement;
    select (t.seq_tup_read + t.idx_tup_fetch - v_reads) / p_items into v_reads
    from pg_stat_xact_user_tables as t where t.relid = 'public.content_item'::regclass;
    return v_reads;
end;
$$;

select is(pg_temp.stored(1, 60, 1), '3000 0 3000', 'thousands of items are stored');
select is(pg_temp.stored(1, 60, 1), '0 0 3000', 'and known again');
select is(pg_temp.stored(1, 60, 2), '0 3000 3000', 'and updated');
select cmp_ok(
    pg_temp.reads(1000, 'select pg_temp.stored(61, 80, 1)'), '<=', 2::bigint,
    'new items are looked up, not searched for'
);
select cmp_ok(
    pg_temp.reads(1000, 'select pg_temp.stored(61, 80, 1)'), '<=', 2::bigint, 'known ones as well'
);
select cmp_ok(
    pg_temp.reads(1000, 'select pg_temp.stored(61, 80, 2)'), '<=', 4::bigint, 'updated ones as well'
);

select finish();
rollback;
