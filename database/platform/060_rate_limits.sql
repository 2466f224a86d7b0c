-- Rate limits: an exact sliding log a key. A call is allowed when fewer than the limit were allowed
-- within the window before it. Refused calls leave nothing behind, so they neither lengthen the
-- wait nor cost a write.
--
-- The newest calls of a key are an array in its one row; when 128 of them count, the array moves to
-- a page and a new one begins, so that a limit of a hundred thousand costs no more a call than one
-- of a hundred.

set role streamvibe_owner;

create table if not exists internal.rate_limit (
    key text primary key,
    -- when calls were allowed, oldest first: the newest of the key
    hits timestamptz [] not null,
    -- the pages that hold older ones: none while last_page < first_page
    first_page integer not null default 0,
    last_page integer not null default -1,
    -- when nothing of the key will count any more (not indexed: each call changes it)
    idle_at timestamptz not null,
    constraint keys_are_short check (char_length(key) <= 512)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

create table if not exists internal.rate_limit_page (
    key text not null references internal.rate_limit on delete cascade,
    page integer not null,
    hits timestamptz [] not null,
    primary key (key, page)
);

-- When the next call of a key is let in although more count than the limit allows (it was lowered):
-- when the last but (limit - 1) of those that count expires.
create or replace function internal.rate_limit_opens_at(
    p_key text,
    p_limit integer,
    p_window interval
)
returns timestamptz
language sql stable
set search_path = ''
as $$
    select h.hit + p_window
    from (
        select pg_catalog.unnest(l.hits) as hit
        from internal.rate_limit as l
        where l.key = p_key
        union all
        select pg_catalog.unnest(p.hits)
        from internal.rate_limit_page as p
        where p.key = p_key
    ) as h
    order by h.hit desc
    offset p_limit - 1
    limit 1
$$;

-- Takes one call of a key that has pages, or is about to, under its row's lock: the calls that
-- count with it and the oldest of them, or no row when it may not be taken.
create or replace function internal.take_paged_rate_limit(
    p_key text,
    p_limit integer,
    p_window interval
)
returns table (used integer, oldest timestamptz)
language plpgsql
set search_path = ''
as $$
declare
    v_row internal.rate_limit;
    v_hits timestamptz[];
    v_expired integer;
    v_first_page integer;
    v_now timestamptz;
begin
    select l.* into v_row from internal.rate_limit as l where l.key = p_key for no key update;
    if not found then
        return;
    end if;
    v_first_page := v_row.first_page;
    v_now := greatest(clock_timestamp(), v_row.hits[cardinality(v_row.hits)]);

    -- the oldest page; those of which nothing counts any more go
    while v_row.first_page <= v_row.last_page loop
        select p.hits into strict v_hits
        from internal.rate_limit_page as p
        where p.key = p_key and p.page = v_row.first_page;
        v_expired := pg_catalog.width_bucket(v_now - p_window, v_hits);
        exit when v_expired < cardinality(v_hits);
        delete from internal.rate_limit_page as p
        where p.key = p_key and p.page = v_row.first_page;
        v_row.first_page := v_row.first_page + 1;
    end loop;

    if v_row.first_page > v_row.last_page then
        v_row.hits := v_row.hits[pg_catalog.width_bucket(v_now - p_window, v_row.hits) + 1 :];
        v_hits := v_row.hits;
        v_expired := 0;
        used := cardinality(v_row.hits) + 1;
    else
        used := (v_row.last_page - v_row.first_page + 1) * 128 - v_expired
            + cardinality(v_row.hits) + 1;
    end if;

    if used <= p_limit then
        if cardinality(v_row.hits) >= 128 then
            v_row.last_page := v_row.last_page + 1;
            insert into internal.rate_limit_page (key, page, hits)
            values (p_key, v_row.last_page, v_row.hits);
            v_row.hits := '{}';
        end if;
        v_row.hits := v_row.hits || v_now;
        v_row.idle_at := greatest(v_row.idle_at, v_now + p_window);
        oldest := coalesce(v_hits[v_expired + 1], v_now);
        return next;
    elsif v_row.first_page = v_first_page then
        return;
    end if;

    update internal.rate_limit as l
    set
        hits = v_row.hits,
        first_page = v_row.first_page,
        last_page = v_row.last_page,
        idle_at = v_row.idle_at
    where l.key = p_key;
end;
$$;

drop function if exists internal.take_rate_limit(text, integer, interval);

-- Asks for a call of each of the keys, all under one limit; a key that is given several times is
-- asked for that often. Each key has one row: how many of its calls are let in (the others are
-- refused), how many more would be now, and after how many seconds (rounded up) one more will be.
--
-- Exact over any number of connections. It needs a transaction of its own at READ COMMITTED; the
-- commit does not wait for the disk, so that a crash of the server forgives a fraction of a second.
create or replace function internal.take_rate_limits(
    p_keys text [],
    p_limit integer,
    p_window interval
)
returns table (key text, let_in integer, remaining integer, reset_seconds integer)
language plpgsql
security definer
set search_path = ''
-- planned once, and not anew for each number of keys
set plan_cache_mode = force_generic_plan
as $$
declare
    v_row internal.rate_limit;
    v_hits timestamptz[];
    v_expired integer;
    v_calls integer;
    v_added integer;
    v_used integer;
    v_oldest timestamptz;
    v_now timestamptz;
begin
    if p_limit is null or p_limit < 1 or p_window is null or p_window <= interval '0' then
        raise exception 'a rate limit needs a limit and a window above zero'
            using errcode = '22023';
    end if;
    perform pg_catalog.set_config('synchronous_commit', 'off', true);

    -- in the order of the keys, so that nobody waits for one who waits for them
    for key, v_calls in
        select k.key, count(*)::integer
        from pg_catalog.unnest(p_keys) as k (key)
        group by k.key
        order by k.key collate "C"
    loop
        let_in := 0;
        for v_try in 1 .. 100 + v_calls loop
            -- One statement checks and adds. Where it has to wait for other calls of the key, both
            -- the condition and the new value are computed again from what those left, with the
            -- time as it is then. What is added is later than all before, and can so be told from
            -- them.
            update internal.rate_limit as l
            set
                hits = (
                    l.hits[pg_catalog.width_bucket(clock_timestamp() - p_window, l.hits) + 1 :]
                    || pg_catalog.array_fill(
                        greatest(
                            clock_timestamp(),
                            l.hits[cardinality(l.hits)] + interval '1 microsecond'
                        ),
                        array[v_calls - let_in]
                    )
                )[: least(p_limit, 128)],
                idle_at = greatest(
                    clock_timestamp() + p_window, l.idle_at + interval '1 microsecond'
                )
            where
                l.key = take_rate_limits.key
                and l.last_page < l.first_page
                and cardinality(l.hits)
                - pg_catalog.width_bucket(clock_timestamp() - p_window, l.hits)
                < least(p_limit, 128)
            returning l.hits into v_hits;

            if found then
                v_used := cardinality(v_hits);
                v_oldest := v_hits[1];
                v_added := case
                    when v_calls - let_in = 1 then 1
                    else v_used - pg_catalog.width_bucket(
                        v_hits[v_used] - interval '1 microsecond', v_hits
                    )
                end;
            else
                v_now := clock_timestamp();
                select l.*, p.hits into v_row.key, v_row.hits, v_row.first_page, v_row.last_page,
                    v_row.idle_at, v_hits
                from internal.rate_limit as l
                left join internal.rate_limit_page as p
                    on l.key = p.key and l.first_page = p.page and l.first_page <= l.last_page
                where l.key = take_rate_limits.key;

                if not found then
                    insert into internal.rate_limit as l (key, hits, idle_at)
                    values (
                        take_rate_limits.key, array[clock_timestamp()], clock_timestamp() + p_window
                    )
                    on conflict on constraint rate_limit_pkey do nothing
                    returning 1, l.hits[1] into v_used, v_oldest;
                else
                    -- Calls leave the log by age alone, so what is committed refuses rightly,
                    -- without a lock. A page of which nothing counts says nothing of the pages
                    -- after it.
                    v_hits := coalesce(v_hits, v_row.hits);
                    v_expired := pg_catalog.width_bucket(v_now - p_window, v_hits);
                    v_used := cardinality(v_hits) - v_expired;
                    v_oldest := v_hits[v_expired + 1];
                    if v_row.first_page <= v_row.last_page and v_used > 0 then
                        v_used := v_used + cardinality(v_row.hits)
                            + (v_row.last_page - v_row.first_page) * 128;
                    end if;
                    if v_used >= p_limit then
                        if v_used > p_limit then
                            v_oldest := internal.rate_limit_opens_at(key, p_limit, p_window)
                                - p_window;
                        end if;
                        exit;
                    end if;
                    select t.used, t.oldest into v_used, v_oldest
                    from internal.take_paged_rate_limit(key, p_limit, p_window) as t;
                end if;
                v_added := found::integer;
            end if;
            let_in := let_in + v_added;
            exit when let_in = v_calls;
            v_used := null;
        end loop;
        if v_used is null then
            raise exception 'the rate limit of a key could not be taken' using errcode = '40001';
        end if;
        remaining := greatest(p_limit - v_used, 0);
        reset_seconds := greatest(
            ceil(date_part('epoch', v_oldest + p_window - clock_timestamp()))::integer, 1
        );
        return next;
    end loop;
end;
$$;

-- Takes the newest call of each of the keys back: what it was counted for did not happen.
create or replace function internal.return_rate_limits(p_keys text [])
returns void
language sql
security definer
set search_path = ''
as $$
    update internal.rate_limit as l
    set hits = l.hits[: pg_catalog.cardinality(l.hits) - 1]
    where l.key = any(p_keys) and pg_catalog.cardinality(l.hits) > 0
$$;

-- Drops keys of which nothing counts any more; returns how many.
create or replace function internal.prune_rate_limits()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_pruned integer;
begin
    delete from internal.rate_limit as l
    where l.key in (
        select i.key
        from internal.rate_limit as i
        where i.idle_at < now()
        limit 50000
        for update skip locked
    );
    get diagnostics v_pruned = row_count;
    return v_pruned;
end;
$$;

revoke execute on all functions in schema internal from public;
revoke all on table internal.rate_limit, internal.rate_limit_page from public;
grant execute on function internal.take_rate_limits(text [], integer, interval)
to edge, edge_service, edge_user, edge_visitor, service_role;
grant execute on function internal.prune_rate_limits() to service_role;

reset role;
