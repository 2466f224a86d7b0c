-- must fail: storms/rate_limit_storm.py
-- The log is read, and then written, by two statements.
create or replace function internal.take_rate_limits(
    p_keys text [], p_limit integer, p_window interval
)
returns table (key text, let_in integer, remaining integer, reset_seconds integer)
language plpgsql security definer set search_path = ''
as $$
declare
    v_hits timestamptz[];
begin
    remaining := 0;
    reset_seconds := 1;
    foreach key in array p_keys loop
        select coalesce(array_agg(h.hit order by h.hit), '{}') into v_hits
        from internal.rate_limit as l cross join lateral unnest(l.hits) as h (hit)
        where l.key = take_rate_limits.key and h.hit > clock_timestamp() - p_window;
        let_in := (cardinality(v_hits) < p_limit)::integer;
        if let_in = 1 then
            v_hits := v_hits || clock_timestamp();
            insert into internal.rate_limit as l (key, hits, idle_at)
            values (take_rate_limits.key, v_hits, clock_timestamp() + p_window)
            on conflict on constraint rate_limit_pkey do update set hits = excluded.hits;
        end if;
        return next;
    end loop;
end;
$$;
