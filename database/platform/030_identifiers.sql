-- Time-ordered ids (RFC 9562, version 7), which PostgreSQL has of its own only from 18 on: 48 bits
-- of milliseconds, then the fraction of the millisecond in 12 bits, then 62 random bits.
create or replace function extensions.uuid_generate_v7()
returns uuid
language sql volatile parallel safe
as $$
    select pg_catalog.encode(
        pg_catalog.substring(pg_catalog.int8send(t.micros / 1000), 3, 6)
        || pg_catalog.substring(
            -- the version's four bits, 0111, before the fraction: 4095 of 4096 parts at most
            pg_catalog.int4send(28672 + ((t.micros % 1000) * 4096 / 1000)::integer), 3, 2
        )
        -- a random id of version 4 already has the variant's bits where they belong
        || pg_catalog.substring(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()), 9, 8),
        'hex'
    )::uuid
    from (
        select (extract(epoch from pg_catalog.clock_timestamp()) * 1000000)::bigint as micros
    ) as t
$$;

revoke execute on function extensions.uuid_generate_v7() from public;
grant execute on function extensions.uuid_generate_v7()
to streamvibe_owner, authenticated, service_role, auth_admin;
