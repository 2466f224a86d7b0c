-- must fail: storms/rate_limit_storm.py
-- The log is read, and then written, by two statements.
create or replace function internal.take_rate_limit(
    p_key text, p_limit integer, p_window interval
)
returns table (allowed boolean, remaining integer, reset_seconds integer)
language plpgsql security definer set search_path = ''
as $$
declare
    v_hits timestamptz[];
begin
    select coalesce(array_agg(h.hit order by h.hit), '{}') into v_hits
    from internal.rate_limit as l cross join lateral unnest(l.hits) as h (hit)
    where l.key = p_key and h.hit > clock_timestamp() - p_window;
    if cardinality(v_hits) >= p_limit then
        return query select false, 0, 1;
        return;
    end if;
    v_hits := v_hits || clock_timestamp();
    insert into internal.rate_limit as l (key, hits, idle_at)
    values (p_key, v_hits, clock_timestamp() + p_window)
    on conflict (key) do update set hits = excluded.hits;
    return query select true, p_limit - cardinality(v_hits), 1;
end;
$$;
