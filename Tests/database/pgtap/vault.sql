-- login: streamvibe_owner
-- The vault stores what is sealed and nothing else, hands it out against a record, and keeps each
-- secret with its row.

begin;
select no_plan();

-- a text of the form that processes seal in; here nothing opens it
create function pg_temp.v1(p_key text, p_letter text) returns text language sql immutable
as $$ select format('v1.%s.%s.%s', p_key, repeat('k', 80), repeat(p_letter, 60)) $$;

create function pg_temp.refusal(p_statement text) returns text language plpgsql as $$
begin
    execute p_statement;
    return null;
exception
    when others then return sqlstate || ': ' || sqlerrm;
end;
$$;

create function pg_temp.hint_of(p_statement text) returns text language plpgsql as $$
declare
    v_hint text;
begin
    execute p_statement;
    return null;
exception
    when others then
        get stacked diagnostics v_hint = pg_exception_hint;
        return v_hint;
end;
$$;

-- whatever fails below does so after this row is there
select vault.put_sealed('00000000-0000-4000-8000-000000000001', 'a', pg_temp.v1('k1', 'a'), 'A');

select results_eq(
    'select id, name, description, secret, key_id, set_at = now() from vault.secrets',
    $$ values (
        '00000000-0000-4000-8000-000000000001'::uuid, 'a', 'A', pg_temp.v1('k1', 'a'), 'k1', true
    ) $$,
    'what a process sealed is put in as it is, under the key that it names'
);
select results_eq(
    'select id, is_current, retired_at from vault.master_key',
    $$ values ('k1', false, null::timestamptz) $$, 'whose id is noted'
);

select
    is(
        pg_temp.refusal(format('select vault.put_sealed(gen_random_uuid(), %L, %L)', 'b', s.text)),
        '22023: only what is sealed is put in here',
        format('put_sealed refuses %L', left(s.text, 20))
    )
from (
    values
    ('plain'), (''), (null), ('v1.k1.x.y'), ('p1.k1.' || repeat('0', 32) || '.' || repeat('a', 60)),
    ('v2' || substr(pg_temp.v1('k1', 'a'), 3)), (pg_temp.v1('K1', 'a')), (pg_temp.v1('k1', '+')),
    (pg_temp.v1('k1', 'a') || E'\n'), (' ' || pg_temp.v1('k1', 'a')), (pg_temp.v1('k1', 'ą')),
    (pg_temp.v1('', 'a')), (pg_temp.v1(repeat('k', 33), 'a'))
) as s (text);
select is(
    pg_temp.refusal(
        format('select vault.put_sealed(gen_random_uuid(), null, %L)', pg_temp.v1('k1', 'a'))
    ),
    '22004: a secret that a process puts in has a name', 'and what has no name'
);

-- put in again
update vault.secrets set age_told_at = now(), set_at = now() - interval '1 year';
select vault.put_sealed('00000000-0000-4000-8000-000000000002', 'a', pg_temp.v1('k2', 'b'));
select results_eq(
    'select id, name, description, secret, key_id, set_at = now(), age_told_at from vault.secrets',
    $$ values (
        '00000000-0000-4000-8000-000000000002'::uuid, 'a', 'A', pg_temp.v1('k2', 'b'), 'k2', true,
        null::timestamptz
    ) $$,
    'put in again it takes the place of what the name held, with its own id, and is young again'
);
select matches(
    pg_temp.refusal(format(
        'select vault.put_sealed(%L, ''b'', %L)', '00000000-0000-4000-8000-000000000002',
        pg_temp.v1('k1', 'a')
    )), '^23505', 'an id serves one name'
);

-- what stays with its row
select
    is(
        pg_temp.refusal(format('update vault.secrets set %s', s.change)),
        '55000: a secret can''t be opened under another id or name', s.change
    )
from (
    values
    ('id = gen_random_uuid()'), ('name = ''moved'''), ('name = null'),
    ('id = gen_random_uuid(), description = ''x''')
) as s (change);
update vault.secrets set
    key_id = 'k1',
    description = 'B';
select results_eq(
    'select key_id, description from vault.secrets', $$ values ('k2', 'B') $$,
    'the key is what the sealed text says, whatever is written beside it'
);
select matches(
    pg_temp.refusal('delete from vault.master_key where id = ''k2'''), '^23503',
    'a key that a secret uses can''t go'
);

-- plain, while there is no key to seal it with
select
    is(
        pg_temp.refusal(s.statement), '55000: the vault has no key to seal this with', s.statement
    )
from (
    values
    ('insert into vault.secrets (secret, name) values (''plain'', ''c'')'),
    ('insert into vault.secrets (secret) values ('''')'),
    ('update vault.secrets set secret = ''plain'''),
    ('select vault.create_secret(''plain'')'),
    ('select vault.create_secret(''plain'', ''c'', ''words'', ''k1'')'),
    ('select vault.update_secret(''00000000-0000-4000-8000-000000000002'', ''plain'')')
) as s (statement);
select is(
    (
        select h.hint
        from pg_temp.hint_of($$ insert into vault.secrets (secret) values ('plain') $$) as h (hint)
    ), 'put it in by scripts/secret set', 'and it is said how to put it in'
);

-- taken out
create temporary view taken as
select
    r.secret_id,
    r.secret_name,
    r.user_id,
    r.role,
    r.purpose,
    r.request_id,
    r.read_at between now() and clock_timestamp() as is_now
from vault.secret_read as r;

select
    test.act('streamvibe_owner', test.ann()) as acted,
    set_config('app.request_id', 'r-1', true) as asked;
select results_eq(
    'select * from vault.take_sealed(''a'', ''sync'')',
    $$ values ('00000000-0000-4000-8000-000000000002'::uuid, 'a', pg_temp.v1('k2', 'b')) $$,
    'a secret is handed out sealed'
);
select results_eq(
    'select * from taken',
    $$ values (
        '00000000-0000-4000-8000-000000000002'::uuid, 'a',
        '0000000a-0000-4000-8000-000000000000'::uuid, 'streamvibe_owner', 'sync', 'r-1', true
    ) $$, 'and it is written down who had which, when, for what and in which request'
);
select is_empty('select * from vault.take_sealed(''nothing'', ''sync'')', 'a name may hold none');
select is((select count(*) from taken), 1::bigint, 'which leaves no record');
select
    matches(
        pg_temp.refusal(format('select * from vault.take_sealed(''a'', %L)', s.purpose)), '^23',
        format('for %L nothing is handed out', s.purpose)
    )
from (values (null), (''), (' ')) as s (purpose);

select
    set_config('request.jwt.claims', '', true) as claimed,
    set_config('app.request_id', '', true) as asked;
select vault.take_sealed('a', 'refresh');
select results_eq(
    'select user_id, role, request_id from taken where purpose = ''refresh''',
    $$ values (null::uuid, 'streamvibe_owner', null::text) $$, 'or that nobody was signed in'
);

-- what was read stays written
select
    is(
        pg_temp.refusal(s.statement), '55000: what was read of the vault stays written', s.statement
    )
from (
    values
    ('update vault.secret_read set purpose = ''x'''),
    ('delete from vault.secret_read'),
    ('truncate vault.secret_read')
) as s (statement);

-- for Core
select is_empty(
    'select * from internal.configuration_secret(''YOUTUBE_API_KEY'')',
    'a setting may have no secret'
);
select
    vault.put_sealed(
        '00000000-0000-4000-8000-000000000003', 'YOUTUBE_API_KEY', pg_temp.v1('k1', 'c')
    );
select results_eq(
    'select * from internal.configuration_secret(''YOUTUBE_API_KEY'')',
    $$ values (
        '00000000-0000-4000-8000-000000000003'::uuid, 'YOUTUBE_API_KEY', pg_temp.v1('k1', 'c')
    ) $$, 'or one, sealed'
);
select is(
    (
        select count(*) from taken
        where purpose = 'configuration'
    ), 1::bigint, 'of which there is a record'
);
select
    is(
        pg_temp.refusal(format('select * from internal.configuration_secret(%L)', s.name)),
        '42501: only settings are read here', format('%L is no setting', s.name)
    )
from (
    values
    ('a'), ('user_1_youtube_2'), ('YOUTUBE_API_KEY '), ('YOUTUBE-API-KEY'), ('A'), ('_A'),
    (E'YOUTUBE_API_KEY\nuser_1'), (E'user_1\nYOUTUBE_API_KEY'), (null)
) as s (name);

-- listed
select results_eq(
    'select name, decrypted_secret, key_id, age from vault.decrypted_secrets order by name',
    $$ values
        ('YOUTUBE_API_KEY', null::text, 'k1', interval '0'), ('a', null, 'k2', interval '0') $$,
    'names, keys and ages are listed, and no secret'
);

-- forgotten
select is(vault.forget('a'), true, 'a secret is forgotten');
select is_empty('select * from vault.take_sealed(''a'', ''sync'')', 'at once');
select is(vault.forget('a'), false, 'and once');
select is((select count(*) from taken), 3::bigint, 'what was read of it stays written');

select finish();
rollback;
