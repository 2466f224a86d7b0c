-- login: streamvibe_owner
-- The vault's keys come and go, secrets come under new ones, and old secrets are told of.

begin;
select no_plan();

create function pg_temp.v1(p_key text, p_letter text) returns text language sql immutable
as $$ select format('v1.%s.%s.%s', p_key, repeat(p_letter, 80), repeat('s', 60)) $$;

create function pg_temp.refusal(p_statement text) returns text language plpgsql as $$
begin
    execute p_statement;
    return null;
exception
    when others then return sqlstate || ': ' || sqlerrm;
end;
$$;

create function pg_temp.id(p_number integer) returns uuid language sql immutable
as $$ select format('00000000-0000-4000-8000-%s', lpad(p_number::text, 12, '0'))::uuid $$;

-- which keys there are
select vault.note_keys(array['k1'], array[test.intake()]);
select vault.note_keys(array['k1'], array[test.intake()]);
select vault.note_keys(array['k2', 'k1'], array[test.intake(), test.intake()]);
select results_eq(
    'select id, is_current from vault.list_keys()', $$ values ('k2', true), ('k1', false) $$,
    'keys are noted, and which is the first'
);
select is(
    pg_temp.refusal('select vault.note_keys(array[''k2''], array[''\x01''::bytea])'),
    '55000: the vault knows another key by the id k2', 'another key by the same id is refused'
);

-- rotation
select
    vault.put_sealed(
        pg_temp.id(n.number),
        'n' || n.number,
        pg_temp.v1(case when n.number = 3 then 'k2' else 'k1' end, 'a')
    )
from generate_series(1, 5) as n (number);
insert into vault.secrets (id, name, secret) values (pg_temp.id(6), 'n6', 'plain');
update vault.secrets set set_at = now() - interval '1 day';

select results_eq(
    'select name from vault.to_rotate(''k2'', null, 3)', $$ values ('n1'), ('n2'), ('n4') $$,
    'what is not under the key comes in batches'
);
select results_eq(
    $$ select name from vault.to_rotate('k2', pg_temp.id(4), 3) $$, $$ values ('n5'), ('n6') $$,
    'each after the one before, with what came in plain'
);
select is(
    vault.rotate(
        array[pg_temp.id(1), pg_temp.id(2), pg_temp.id(4)],
        array[pg_temp.v1('k1', 'a'), pg_temp.v1('k1', 'x'), pg_temp.v1('k1', 'a')],
        array[pg_temp.v1('k2', 'b'), pg_temp.v1('k2', 'b'), 'plain']
    ), 1, 'what was put in meanwhile stays, and only what is sealed is written'
);
select results_eq(
    'select key_id, secret, now() - set_at, updated_at = now() from vault.secrets '
    || 'where name = ''n1''',
    $$ values ('k2', pg_temp.v1('k2', 'b'), interval '1 day', true) $$,
    'what is under another key is as old as before'
);

-- retirement
select is(
    pg_temp.refusal('select vault.retire_key(''k1'')'), '55000: there are secrets under the key k1',
    'a key that secrets use is not retired'
);
select is(
    (
        select
            vault.rotate(
                array_agg(r.id), array_agg(r.sealed), array_agg(pg_temp.v1('k2', 'b'))
            )
        from vault.to_rotate('k2', null, 100) as r
    ), 4, 'the rest comes under the key'
);
select is_empty('select * from vault.to_rotate(''k2'', null, 100)', 'and nothing is left');
select is(pg_temp.refusal('select vault.retire_key(''k1'')'), null, 'then it is');
select is(pg_temp.refusal('select vault.retire_key(''k1'')'), null, 'twice does no harm');
select is(pg_temp.refusal(s.statement), '55000: the vault''s key k1 is retired', s.statement)
from (
    values
    ('select vault.put_sealed(gen_random_uuid(), ''x'', pg_temp.v1(''k1'', ''a''))'),
    ('insert into vault.secrets (secret) values (pg_temp.v1(''k1'', ''a''))'),
    ('update vault.secrets set secret = pg_temp.v1(''k1'', ''a'')'),
    ('select vault.note_keys(array[''k1''], array[test.intake()])')
) as s (statement);
select is(
    pg_temp.refusal('select vault.create_secret(''x'', ''x'', '''', ''k1'')'),
    '55000: the vault has no key to seal this with', 'nor does it take in'
);
select is(
    pg_temp.refusal('select vault.retire_key(''k9'')'), 'P0002: the vault knows no key k9',
    'what is not there is not retired'
);
select is(
    pg_temp.refusal(
        'select vault.note_keys(array[''k2'', ''k1''], array[test.intake(), test.intake()])'
    ),
    null, 'a retired key may stand behind others'
);

-- ages
select results_eq(
    'select secrets, round(oldest_seconds) from internal.survey_vault()',
    $$ values (6::bigint, 86400::double precision) $$, 'the age of the oldest is told'
);
create temporary view told as
select
    n.user_id,
    n.type,
    n.message,
    n.metadata
from public.notification as n
where n.title = 'Old secrets';

select is(internal.tell_of_old_secrets(), 0, 'young secrets are not told of');
select is_empty('table told', 'to anybody');
update vault.secrets set set_at = now() - interval '90 days 1 second'
where name in ('n1', 'n2');
update vault.secrets set set_at = now() - interval '90 days'
where name = 'n3';

delete from public.user_role
where role = 'admin';
select is(internal.tell_of_old_secrets(), 0, 'where there is no admin nobody is told');
insert into public.user_role (user_id, role) values (test.ada(), 'admin'), (test.bob(), 'admin');
select is(internal.tell_of_old_secrets(), 2, 'those that are more than 90 days old are');
select results_eq(
    'select * from told order by user_id',
    $$ select u.id, 'warning'::public.notification_type_enum,
        '2 secrets have been the same for 90 days.',
        '{"count": 2, "names": ["n1", "n2"]}'::jsonb
        from (values (test.bob()), (test.ada())) as u (id) $$,
    'to each admin, in one message'
);
select is(internal.tell_of_old_secrets(), 0, 'once');
update vault.secrets set set_at = now() - interval '91 days'
where name = 'n3';
select is(internal.tell_of_old_secrets(), 1, 'each');
select is(
    (
        select count(*) from told
        where told.message = 'The secret n3 has been the same for 90 days.'
    ), 2::bigint,
    'by its name'
);
select vault.put_sealed(pg_temp.id(1), 'n1', pg_temp.v1('k2', 'c'));
update vault.secrets set set_at = now() - interval '91 days'
where name = 'n1';
select is(internal.tell_of_old_secrets(), 1, 'and again after it was put in anew');

-- the record of reads
insert into vault.secret_read (secret_id, secret_name, role, purpose, read_at) values
(pg_temp.id(1), 'n1', 'edge', 'old', now() - interval '181 days'),
(pg_temp.id(1), 'n1', 'edge', 'not so old', now() - interval '179 days');
select is(internal.prune_secret_reads(), 1, 'the record is dropped after 180 days');
select results_eq(
    'select purpose from vault.secret_read', $$ values ('not so old') $$, 'and not before'
);

select finish();
rollback;
