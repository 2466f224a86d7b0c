-- The vault: secrets that are sealed before they are stored, under master keys that are not in the
-- database. SQL puts secrets in and never takes them out. The shapes are those that its users know:
-- vault.secrets, vault.decrypted_secrets, vault.create_secret, vault.update_secret.
--
-- What is stored is one of two texts; both hold for one row alone, whose id and name are part of
-- the seal (base64url without padding between the dots):
--
--   v1.<key id>.<data key under the master key>.<secret under the data key>    AES-256-GCM
--   p1.<key id>.<row's id>.<secret for the key's public half>                  OpenPGP
--
-- The first is what the processes write. The second is what a trigger makes of a secret that came
-- in plain, until the first process that reads it, or a rotation, writes it anew as the first.

-- A statement that brings a secret in plain is not to stand in the server's log: the functions
-- below switch that off for its session. Parameters are cluster-wide: two databases that are
-- migrated at once take turns here.
do $$
begin
    lock table pg_catalog.pg_authid in share row exclusive mode;
    grant set on parameter log_min_duration_statement, log_min_duration_sample,
        log_min_error_statement
    to streamvibe_owner;
end;
$$;

set role streamvibe_owner;

-- Which of the two texts it is: `v1`, `p1`, or null for what is not sealed.
create or replace function vault.form(p_text text)
returns text
language sql immutable
set search_path = ''
as $$
    select case
        when p_text ~ '^v1\.[a-z0-9_-]{1,32}\.[A-Za-z0-9_-]{80}\.[A-Za-z0-9_-]{38,}$' then 'v1'
        when p_text ~ '^p1\.[a-z0-9_-]{1,32}\.[0-9a-f]{32}\.[A-Za-z0-9_-]{38,}$' then 'p1'
    end
$$;

--
-- Tables
--

-- The keys by the names that VAULT_KEYS gives them; a key that a secret uses can't go.
create table if not exists vault.master_key (
    id text primary key,
    -- its public half, an OpenPGP key: what comes in plain is sealed to it
    intake bytea,
    -- what comes in plain is sealed to this one
    is_current boolean not null default false,
    created_at timestamptz not null default now(),
    -- from then on nothing is sealed under it
    retired_at timestamptz,
    constraint ids_are_short_words check (id ~ '^[a-z0-9_-]{1,32}$'),
    constraint current_keys_take_in check (
        not is_current or (intake is not null and retired_at is null)
    )
);

-- one key takes in
create unique index if not exists master_key_is_current_key
on vault.master_key (is_current) where is_current;

create table if not exists vault.secrets (
    id uuid primary key default gen_random_uuid(),
    name text,
    description text not null default '',
    -- sealed, whatever was put in
    secret text not null,
    -- follows from the sealed text
    key_id text not null references vault.master_key,
    -- when what is sealed was put in; new keys and new seals leave it
    set_at timestamptz not null default now(),
    -- when admins were told that it is old
    age_told_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint secrets_name_key unique (name),
    constraint names_are_one_line_of_text check (
        char_length(name) between 1 and 255 and name !~ '[[:cntrl:]]'
    ),
    constraint secrets_are_sealed check (vault.form(secret) is not null)
);

-- what a rotation has left to do, and whether a key may be retired
create index if not exists secrets_key_id_idx on vault.secrets (key_id, id);
create index if not exists secrets_taken_in_idx on vault.secrets (id) where secret like 'p1.%';
create index if not exists secrets_set_at_idx on vault.secrets (set_at);

-- Append-only: who was handed a sealed secret, and what for.
create table if not exists vault.secret_read (
    id uuid primary key default extensions.uuid_generate_v7(),
    secret_id uuid not null,
    secret_name text not null,
    -- null when nobody was signed in
    user_id uuid,
    role text not null,
    purpose text not null,
    request_id text,
    read_at timestamptz not null default clock_timestamp(),
    constraint purposes_are_told check (purpose ~ '[^[:space:]]')
);

create index if not exists secret_read_secret_name_read_at_idx
on vault.secret_read (secret_name, read_at desc);
create index if not exists secret_read_user_id_read_at_idx
on vault.secret_read (user_id, read_at desc) where user_id is not null;
-- what pruning takes
create index if not exists secret_read_read_at_idx on vault.secret_read (read_at);

-- Names, keys and ages; the column that would hold the secrets holds none.
create or replace view vault.decrypted_secrets with (security_invoker = true) as
select
    s.id,
    s.name,
    s.description,
    s.secret,
    null::text as decrypted_secret,
    s.key_id,
    s.created_at,
    s.updated_at,
    s.set_at,
    now() - s.set_at as age
from vault.secrets as s;

--
-- Sealing
--

-- Keeps the statement that runs, and with it the secret in it, out of the server's log: the one
-- about errors until the transaction ends, those about durations until the session does, since
-- they are written when the transaction has ended. What is logged before anything runs is out of
-- reach: log_statement, and the parameters of a bind where every duration is logged.
create or replace function vault.keep_out_of_log()
returns void
language sql
security definer
set search_path = ''
as $$
    select
        pg_catalog.set_config('log_min_error_statement', 'panic', true),
        pg_catalog.set_config('log_min_duration_statement', '-1', false),
        pg_catalog.set_config('log_min_duration_sample', '-1', false)
$$;

-- Makes sure that the key may seal: a new one is noted, a retired one refused. It can't be retired
-- before the transaction has ended.
create or replace function vault.use_key(p_key_id text)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_retired_at timestamptz;
begin
    insert into vault.master_key (id) values (p_key_id) on conflict (id) do nothing;
    select k.retired_at into strict v_retired_at
    from vault.master_key as k
    where k.id = p_key_id
    for key share;
    if v_retired_at is not null then
        raise exception 'the vault''s key % is retired', p_key_id using errcode = '55000';
    end if;
end;
$$;

-- Seals to a key's public half, the current one's when none is named. Only who has the master key
-- can open it; the id and the name in front say for which row.
create or replace function vault.sealed_to_intake(
    p_id uuid,
    p_name text,
    p_secret text,
    p_key_id text default null
)
returns text
language plpgsql
set search_path = ''
as $$
declare
    v_name text := coalesce(p_name, '');
    v_key vault.master_key;
begin
    select k.* into v_key
    from vault.master_key as k
    where case when p_key_id is null then k.is_current else k.id = p_key_id end
    for key share;
    if v_key.intake is null or v_key.retired_at is not null then
        raise exception 'the vault has no key to seal this with'
            using errcode = '55000', hint = 'put it in by scripts/secret set';
    end if;
    if pg_catalog.octet_length(p_secret) > 65536 then
        raise exception 'a secret has 64 KiB at most' using errcode = '22001';
    end if;
    return pg_catalog.concat_ws(
        '.', 'p1', v_key.id, pg_catalog.replace(p_id::text, '-', ''),
        pg_catalog.translate(
            pg_catalog.encode(
                extensions.pgp_pub_encrypt_bytea(
                    pg_catalog.convert_to(
                        pg_catalog.format(
                            E'%s\n%s\n%s%s', p_id, pg_catalog.octet_length(v_name), v_name, p_secret
                        ), 'UTF8'
                    ),
                    v_key.intake,
                    'cipher-algo=aes256, compress-algo=0'
                ), 'base64'
            ),
            E'+/=\n', '-_'
        )
    );
end;
$$;

-- Nothing is stored that is not sealed, and what is sealed stays with its row.
create or replace function vault.keep_sealed()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and new.secret = old.secret then
        if (new.id, new.name) is distinct from (old.id, old.name) then
            raise exception 'a secret can''t be opened under another id or name'
                using errcode = '55000', hint = 'put it in anew under the other name';
        end if;
        new.key_id := old.key_id;
    elsif vault.form(new.secret) = 'v1' then
        new.key_id := pg_catalog.split_part(new.secret, '.', 2);
        perform vault.use_key(new.key_id);
    elsif vault.form(new.secret) = 'p1' then
        if pg_catalog.split_part(new.secret, '.', 3)::uuid is distinct from new.id then
            raise exception 'this was sealed for the row of another id'
                using errcode = '55000', hint = 'an upsert has to set id = excluded.id too';
        end if;
        new.key_id := pg_catalog.split_part(new.secret, '.', 2);
        perform vault.use_key(new.key_id);
    elsif new.secret is not null then
        perform vault.keep_out_of_log();
        new.secret := vault.sealed_to_intake(
            new.id, new.name, new.secret,
            case when tg_op = 'INSERT' or new.key_id <> old.key_id then new.key_id end
        );
        new.key_id := pg_catalog.split_part(new.secret, '.', 2);
        new.set_at := now();
        new.age_told_at := null;
    end if;
    new.updated_at := now();
    return new;
end;
$$;

create or replace trigger keep_sealed before insert or update on vault.secrets
for each row execute function vault.keep_sealed();

-- What was read was read.
create or replace function vault.keep_reads()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if tg_op = 'DELETE' then
        if old.read_at < now() - interval '180 days' then
            return old;
        end if;
    end if;
    raise exception 'what was read of the vault stays written' using errcode = '55000';
end;
$$;

create or replace trigger keep_reads before update or delete on vault.secret_read
for each row execute function vault.keep_reads();
create or replace trigger keep_all_reads before truncate on vault.secret_read
for each statement execute function vault.keep_reads();

--
-- Putting in, from SQL
--

-- Puts a secret in and returns its id.
create or replace function vault.create_secret(
    new_secret text,
    new_name text default null,
    new_description text default '',
    new_key_id text default null
)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_id uuid;
begin
    perform vault.keep_out_of_log();
    insert into vault.secrets (secret, name, description, key_id)
    values (new_secret, new_name, coalesce(new_description, ''), new_key_id)
    returning id into v_id;
    return v_id;
end;
$$;

-- Changes what is not null. A new name needs the secret anew: it is part of the seal.
create or replace function vault.update_secret(
    secret_id uuid,
    new_secret text default null,
    new_name text default null,
    new_description text default null,
    new_key_id text default null
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform vault.keep_out_of_log();
    if new_key_id is not null and new_secret is null then
        raise exception 'scripts/secret rotate brings secrets under another key'
            using errcode = '55000';
    end if;
    update vault.secrets as s
    set
        secret = coalesce(new_secret, s.secret),
        name = coalesce(new_name, s.name),
        description = coalesce(new_description, s.description),
        key_id = coalesce(new_key_id, s.key_id)
    where s.id = secret_id;
    if not found then
        raise exception 'there is no such secret' using errcode = 'P0002';
    end if;
end;
$$;

--
-- For the definer functions of other modules, whose business it is to ask who calls
--

-- Puts in what a process has sealed, in place of what the name held before.
create or replace function vault.put_sealed(
    p_id uuid,
    p_name text,
    p_sealed text,
    p_description text default ''
)
returns void
language plpgsql
set search_path = ''
as $$
begin
    if vault.form(p_sealed) is distinct from 'v1' then
        raise exception 'only what is sealed is put in here' using errcode = '22023';
    end if;
    if p_name is null then
        raise exception 'a secret that a process puts in has a name' using errcode = '22004';
    end if;
    insert into vault.secrets as s (id, name, secret, description)
    values (p_id, p_name, p_sealed, coalesce(p_description, ''))
    on conflict (name) do update
        set
            id = excluded.id,
            secret = excluded.secret,
            description = coalesce(nullif(excluded.description, ''), s.description),
            set_at = now(),
            age_told_at = null;
end;
$$;

-- Hands out a sealed secret and writes down to whom and what for. No row when the name holds none.
create or replace function vault.take_sealed(p_name text, p_purpose text)
returns table (id uuid, name text, sealed text)
language plpgsql
set search_path = ''
as $$
begin
    select s.id, s.name, s.secret into id, name, sealed
    from vault.secrets as s
    where s.name = p_name;
    if not found then
        return;
    end if;
    insert into vault.secret_read (secret_id, secret_name, user_id, role, purpose, request_id)
    values (
        id, name, auth.uid(),
        coalesce(
            auth.role(), nullif(pg_catalog.current_setting('role'), 'none'), session_user::text
        ),
        p_purpose,
        nullif(pg_catalog.current_setting('app.request_id', true), '')
    );
    return next;
end;
$$;

-- Drops a secret at once; false when there was none.
create or replace function vault.forget(p_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
    delete from vault.secrets as s where s.name = p_name;
    return found;
end;
$$;

--
-- For Core
--

-- A setting's secret, sealed: the provider's keys, which every function may need. Names of
-- anything else are refused.
create or replace function internal.configuration_secret(p_name text)
returns table (id uuid, name text, sealed text)
language plpgsql
security definer
set search_path = ''
as $$
begin
    if p_name is null or p_name !~ '^[A-Z][A-Z0-9_]+$' then
        raise exception 'only settings are read here' using errcode = '42501';
    end if;
    return query select t.id, t.name, t.sealed
    from vault.take_sealed(p_name, 'configuration') as t;
end;
$$;

-- Writes under a master key what had come in plain, if it is still that. False when it is not.
create or replace function internal.reseal_secret(p_id uuid, p_from text, p_to text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
    if vault.form(p_to) is distinct from 'v1' then
        raise exception 'only what is sealed is put in here' using errcode = '22023';
    end if;
    update vault.secrets as s
    set secret = p_to
    where s.id = p_id and s.secret = p_from and s.secret like 'p1.%';
    return found;
end;
$$;

--
-- Who may do what: nothing that is not said here
--

revoke execute on all functions in schema vault, internal from public;
revoke all on all tables in schema vault from public, anon, authenticated, service_role;
alter table vault.master_key enable row level security;
alter table vault.secrets enable row level security;
alter table vault.secret_read enable row level security;

grant usage on schema vault to service_role;
grant execute on function
vault.create_secret(text, text, text, text),
vault.update_secret(uuid, text, text, text, text)
to service_role;

grant execute on function
internal.configuration_secret(text),
internal.reseal_secret(uuid, text, text)
to edge, edge_service, edge_user, edge_visitor, service_role;

reset role;
