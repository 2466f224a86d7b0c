-- login: streamvibe_owner
-- What comes into the vault in plain is sealed before it is stored, whichever way it comes.

begin;
select no_plan();

create function pg_temp.refusal(p_statement text) returns text language plpgsql as $$
begin
    execute p_statement;
    return null;
exception
    when others then return sqlstate || ': ' || sqlerrm;
end;
$$;

create temporary view held as
select
    s.name,
    s.description,
    s.key_id,
    vault.form(s.secret) as form,
    s.secret like '%canary%' as is_plain,
    replace(s.id::text, '-', '') = split_part(s.secret, '.', 3) as is_of_row
from vault.secrets as s
order by s.name;

select vault.note_keys(array['k2', 'k1'], array[test.intake(), test.intake()]);
select results_eq(
    'select id, is_current, secrets from vault.list_keys()',
    $$ values ('k2', true, 0::bigint), ('k1', false, 0) $$, 'the first of the keys takes in'
);

-- the ways in
insert into vault.secrets (secret, name) values
('canary 1', 'user_1_youtube_token'), ('canary 2', 'user_1_tiktok_token');
insert into vault.secrets (secret) values ('canary');
select vault.create_secret('canary');
select vault.create_secret('canary', 'C', 'words');
select vault.create_secret('canary', 'D', 'words', 'k1');
select vault.create_secret(new_secret => 'canary', new_name => 'E');
prepare put (text, text) as insert into vault.secrets (secret, name) values ($1, $2);
execute put ('canary', 'F');
do $$ begin insert into vault.secrets (secret, name) values ('canary', 'G'); end $$;
insert into vault.secrets (secret, name) values ('canary', 'I')
on conflict (name) do nothing;

select results_eq(
    'select distinct form, is_plain, is_of_row from held', $$ values ('p1', false, true) $$,
    'all of it is sealed to its row'
);
select is((select count(*) from held), 10::bigint, 'and stored');
select results_eq(
    'select name, description, key_id from held where name in (''C'', ''D'', ''E'')',
    $$ values ('C', 'words', 'k2'), ('D', 'words', 'k1'), ('E', '', 'k2') $$,
    'under the key that was named, else the first'
);
select matches(
    pg_temp.refusal('select vault.create_secret(''canary'', ''C'')'), '^23505', 'a name holds one'
);
select is(
    pg_temp.refusal('select vault.create_secret(''canary'', ''J'', '''', ''k3'')'),
    '55000: the vault has no key to seal this with', 'a key that is not known is not used'
);
select is(
    pg_temp.refusal(format('select vault.create_secret(%L)', repeat('x', 65537))),
    '22001: a secret has 64 KiB at most', 'nor is more taken than can be read'
);
select matches(
    pg_temp.refusal('select vault.create_secret(null)'), '^23502', 'and nothing is no secret'
);

-- the same twice is two texts
select is(
    (
        select count(distinct split_part(s.secret, '.', 4)) from vault.secrets as s
    ), 10::bigint, 'no text tells which secrets are the same'
);

-- changed
create temporary table before as
select
    s.id,
    s.secret,
    s.set_at
from vault.secrets as s
where s.name = 'C';
create temporary view change as
select
    s.name,
    s.description,
    s.key_id,
    s.secret <> b.secret as is_sealed_anew,
    s.set_at <> b.set_at as is_young,
    vault.form(s.secret) as form
from vault.secrets as s
inner join before as b on s.id = b.id;
update vault.secrets set set_at = now() - interval '1 year';
update before set set_at = now() - interval '1 year';

select vault.update_secret(b.id, new_description => 'other words') from before as b;
select results_eq(
    'select * from change', $$ values ('C', 'other words', 'k2', false, false, 'p1') $$,
    'what is null is left as it is'
);
select vault.update_secret(b.id, 'canary') from before as b;
select results_eq(
    'select * from change', $$ values ('C', 'other words', 'k2', true, true, 'p1') $$,
    'a new secret is sealed and young'
);
select vault.update_secret(b.id, 'canary', 'C2', '', 'k1') from before as b;
select results_eq(
    'select * from change', $$ values ('C2', '', 'k1', true, true, 'p1') $$, 'all at once'
);
select
    is(
        pg_temp.refusal(
            format('select vault.update_secret(%L, %s)', (select b.id from before as b), c.change)
        ), c.said, c.change
    )
from (
    values
    ('new_name => ''D2''', '55000: a secret can''t be opened under another id or name'),
    ('new_key_id => ''k1''', '55000: scripts/secret rotate brings secrets under another key')
) as c (change, said);
select is(
    pg_temp.refusal('select vault.update_secret(gen_random_uuid(), ''canary'')'),
    'P0002: there is no such secret', 'what is not there is not changed'
);
update vault.secrets set secret = 'canary'
where name = 'E';
select is(
    (
        select count(*) from held
        where is_plain or not is_of_row
    ), 0::bigint, 'an update seals'
);

-- an upsert by name would leave a text that was sealed for another id
select is(
    pg_temp.refusal($$
        insert into vault.secrets (secret, name) values ('canary', 'E')
        on conflict (name) do update set secret = excluded.secret
    $$), '55000: this was sealed for the row of another id',
    'an upsert that would not open is refused'
);
insert into vault.secrets (secret, name) values ('canary', 'E')
on conflict (name) do update set
    id = excluded.id,
    secret = excluded.secret;
select is(
    (
        select count(*) from held
        where is_plain or not is_of_row
    ), 0::bigint, 'one that brings its id is not'
);

-- written as processes write it
create function pg_temp.v1(p_key text) returns text language sql immutable
as $$ select format('v1.%s.%s.%s', p_key, repeat('k', 80), repeat('s', 60)) $$;
create function pg_temp.reseal(p_more text, p_key text) returns boolean language sql as $$
    select internal.reseal_secret(s.id, s.secret || p_more, pg_temp.v1(p_key))
    from vault.secrets as s
    where s.name = 'E'
$$;
update vault.secrets set set_at = now() - interval '1 year';
select is(pg_temp.reseal('x', 'k2'), false, 'what has changed meanwhile is not sealed anew');
select is(pg_temp.reseal('', 'k2'), true, 'what has not is');
select results_eq(
    'select secret, key_id, set_at = now() - interval ''1 year'' from vault.secrets '
    || 'where name = ''E''',
    $$ values (pg_temp.v1('k2'), 'k2', true) $$, 'and is as old as before'
);
select is(pg_temp.reseal('', 'k1'), false, 'once');
select
    is(
        pg_temp.refusal(
            format('select internal.reseal_secret(gen_random_uuid(), ''x'', %L)', s.made)
        ),
        '22023: only what is sealed is put in here', format('%L is not', left(s.made, 10))
    )
from (
    values ('plain'), (null), ('p1.k2.' || repeat('0', 32) || '.' || repeat('a', 60))
) as s (made);

-- kept out of the log
select results_eq(
    $$ select
        current_setting('log_min_duration_statement'), current_setting('log_min_error_statement')
    $$,
    $$ values ('-1', 'panic') $$,
    'a session that has put a secret in plainly has its statements logged no more'
);

select finish();
rollback;
