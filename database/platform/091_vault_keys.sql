-- The vault's keys and ages: which keys there are, how all secrets come under a new one while
-- others read and write them, what admins are told, and what is dropped.

set role streamvibe_owner;

--
-- Keys, for scripts/secret
--

-- Notes the keys of VAULT_KEYS in their order, each with its public half: the first takes in what
-- comes in plain. A key that is known by the id and is another one is refused.
create or replace function vault.note_keys(p_ids text [], p_intakes bytea [])
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_key record;
begin
    -- one at a time: which key is the first is for all of them to see
    lock table vault.master_key in share row exclusive mode;
    for v_key in
        select k.id, g.intake, k.intake as known, k.retired_at, g.place
        from unnest(p_ids, p_intakes) with ordinality as g (id, intake, place)
        inner join vault.master_key as k on g.id = k.id
    loop
        if v_key.known <> v_key.intake then
            raise exception 'the vault knows another key by the id %', v_key.id
                using errcode = '55000';
        end if;
        if v_key.place = 1 and v_key.retired_at is not null then
            raise exception 'the vault''s key % is retired', v_key.id using errcode = '55000';
        end if;
    end loop;
    update vault.master_key set is_current = false where is_current and id <> p_ids[1];
    insert into vault.master_key as k (id, intake, is_current)
    select g.id, g.intake, g.place = 1
    from unnest(p_ids, p_intakes) with ordinality as g (id, intake, place)
    on conflict (id) do update
        set intake = excluded.intake, is_current = excluded.is_current
        where (k.intake, k.is_current) is distinct from (excluded.intake, excluded.is_current);
end;
$$;

-- The next secrets that are not under the key, or came in plain, in the order of their ids.
create or replace function vault.to_rotate(p_key_id text, p_after uuid, p_limit integer)
returns table (id uuid, name text, sealed text)
language sql stable
set search_path = ''
as $$
    select s.id, coalesce(s.name, ''), s.secret
    from vault.secrets as s
    where
        s.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
        and (s.key_id <> p_key_id or s.secret like 'p1.%')
    order by s.id
    limit p_limit
$$;

-- Writes secrets anew that are still what they were when they were read; returns how many were.
-- What was put in meanwhile stays, and what somebody has locked is passed over: a rotation waits
-- for nobody, so that nobody who waits for it can be in its way.
create or replace function vault.rotate(p_ids uuid [], p_from text [], p_to text [])
returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_rotated integer;
begin
    with free as materialized (
        select
            s.id,
            r.made
        from vault.secrets as s
        inner join unnest(p_ids, p_from, p_to) as r (id, known, made) on s.id = r.id
        where s.secret = r.known and vault.form(r.made) = 'v1'
        for no key update of s skip locked
    )

    update vault.secrets as s
    set secret = f.made
    from free as f
    where s.id = f.id;
    get diagnostics v_rotated = row_count;
    return v_rotated;
end;
$$;

-- Retires a key that no secret uses: nothing is sealed under it any more, whoever still has it.
create or replace function vault.retire_key(p_key_id text)
returns void
language plpgsql
set search_path = ''
as $$
begin
    -- whoever is putting a secret in under it has it locked until then
    perform from vault.master_key as k where k.id = p_key_id for update;
    if not found then
        raise exception 'the vault knows no key %', p_key_id using errcode = 'P0002';
    end if;
    if exists (select from vault.secrets as s where s.key_id = p_key_id) then
        raise exception 'there are secrets under the key %', p_key_id
            using errcode = '55000', hint = 'scripts/secret rotate brings them under the first key';
    end if;
    update vault.master_key as k
    set retired_at = coalesce(k.retired_at, now()), is_current = false
    where k.id = p_key_id;
end;
$$;

-- The keys and how many secrets each has.
create or replace function vault.list_keys()
returns table (id text, is_current boolean, retired_at timestamptz, secrets bigint)
language sql stable
set search_path = ''
as $$
    select k.id, k.is_current, k.retired_at, count(s.id)
    from vault.master_key as k
    left join vault.secrets as s on k.id = s.key_id
    group by k.id
    order by k.is_current desc, k.created_at, k.id
$$;

--
-- Ages
--

-- How many secrets there are, and for how many seconds the oldest has been what it is.
create or replace function internal.survey_vault()
returns table (secrets bigint, oldest_seconds double precision)
language sql stable
security definer
set search_path = ''
as $$
    select
        count(*),
        coalesce(extract(epoch from clock_timestamp() - min(s.set_at)), 0)::double precision
    from vault.secrets as s
$$;

-- Tells admins which secrets have become 90 days old, each secret once; returns how many. As long
-- as there is no admin, nobody counts as told.
create or replace function internal.tell_of_old_secrets()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_told integer;
begin
    with old as (
        update vault.secrets as s
        set age_told_at = now()
        where
            s.set_at < now() - interval '90 days'
            and s.age_told_at is null
            and exists (select from public.user_role as r where r.role = 'admin')
        returning coalesce(s.name, s.id::text) as name, s.set_at
    ),

    listed as (
        select
            count(*) as many,
            min(o.name) as any_name,
            to_jsonb((array_agg(o.name order by o.set_at, o.name))[: 100]) as names
        from old as o
    ),

    told as (
        insert into public.notification (
            user_id, type, title, message, metadata, related_entity_type
        )
        select
            r.user_id,
            'warning',
            'Old secrets',
            case l.many
                when 1 then
                    pg_catalog.format('The secret %s has been the same for 90 days.', l.any_name)
                else pg_catalog.format('%s secrets have been the same for 90 days.', l.many)
            end,
            pg_catalog.jsonb_build_object('count', l.many, 'names', l.names),
            'vault'
        from listed as l
        cross join public.user_role as r
        where l.many > 0 and r.role = 'admin'
    )

    select l.many into v_told from listed as l;
    return v_told;
end;
$$;

-- Drops the record of reads that are 180 days old; returns how many.
create or replace function internal.prune_secret_reads()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_pruned integer;
begin
    delete from vault.secret_read as r
    where r.id in (
        select o.id
        from vault.secret_read as o
        where o.read_at < now() - interval '180 days'
        order by o.read_at
        limit 50000
    );
    get diagnostics v_pruned = row_count;
    return v_pruned;
end;
$$;

revoke execute on all functions in schema vault, internal from public;

grant execute on function internal.survey_vault() to edge, edge_service, service_role;
grant execute on function
internal.tell_of_old_secrets(),
internal.prune_secret_reads()
to service_role;

reset role;
