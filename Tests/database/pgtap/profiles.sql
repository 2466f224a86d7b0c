-- login: edge
-- complete_profile: what it stores, keeps, clears and refuses; the address that it gives.

select no_plan();

-- the first time is kept: each of these two is a request of its own
begin;
select act('edge_user', test.ada());
select isnt(profile_slug, null, 'saved') from internal.complete_profile('Ada');
commit;
begin;
select act('edge_user', test.ada());
select isnt(profile_slug, null, 'saved again') from internal.complete_profile('Ada');
select ok(onboarded_at < now(), 'the day of the first time stays')
from public.users;
rollback;

begin;
select act('edge_user', test.ann());

create function pg_temp.slug(p_name text) returns text language sql as $$
    select profile_slug from internal.complete_profile(p_name)
$$;

select is(
    test.refusal($$
        select internal.complete_profile(' ', repeat('x', 1001), 'nonsense', 'http://a', 'b')
    $$)::text,
    row('PT422', jsonb_build_object('code', 'VALIDATION_FAILED', 'details', jsonb_build_array(
        jsonb_build_object(
            'field', 'display_name', 'message', 'must hold 1 to 100 characters in one line'
        ),
        jsonb_build_object('field', 'bio', 'message', 'must hold 1000 characters at most'),
        jsonb_build_object('field', 'category', 'message', 'is not a category'),
        jsonb_build_object('field', 'avatar_url', 'message', 'must be an https address'),
        jsonb_build_object('field', 'website_url', 'message', 'must be an https address')
    )))::text,
    'every bad field is told at once'
);
select
    is(
        (test.refusal(format('select internal.complete_profile(%s)', a.arguments))).state, a.state,
        format('complete_profile(%s)', left(a.arguments, 50))
    )
from (
    values
    ('null', 'PT422'),
    ('''''', 'PT422'),
    (format('%L', repeat('ä', 101)), 'PT422'),
    (format('%L', repeat('ä', 100)), null),
    ('E''a\tb''', 'PT422'),
    ('''Ann'', repeat(''😀'', 1000)', null),
    ('''Ann'', ''b'', ''Music''', 'PT422'),
    ('''Ann'', ''b'', ''''', 'PT422'),
    ('''Ann'', ''b'', ''music'', ''https://a b''', 'PT422'),
    ('''Ann'', ''b'', ''music'', ''https://'' || repeat(''a'', 3000)', 'PT422')
) as a (arguments, state);

select results_eq(
    $$ select * from internal.complete_profile(
        '  Ann Lee ', 'About me.', 'music', 'https://example.com/a.png', 'https://example.com'
    ) $$,
    $$ values (test.ann(), 'Ann Lee', 'ann-lee', true) $$,
    'the answer'
);
select results_eq(
    $$ select display_name, bio, primary_category, avatar_url, website_url, profile_slug,
            is_onboarded, onboarded_at = now(), updated_at = now()
        from public.users $$,
    $$ values ('Ann Lee', 'About me.', 'music', 'https://example.com/a.png',
        'https://example.com', 'ann-lee', true, true, true) $$,
    'the row'
);
select is(pg_temp.slug('Ann Lee'), 'ann-lee', 'saved again: the same address');
select results_eq(
    $$ select bio, primary_category, avatar_url, website_url from public.users $$,
    $$ values ('About me.', 'music', 'https://example.com/a.png', 'https://example.com') $$,
    'what is left out stays'
);
select lives_ok(
    $$ select internal.complete_profile('Ann Lee', '', 'art', '', '') $$, 'empty texts'
);
select results_eq(
    $$ select bio, primary_category, avatar_url, website_url from public.users $$,
    $$ values (null::text, 'art', null::text, null::text) $$,
    'clear what was there'
);

-- addresses
select act('edge_user', test.bob());
select is(pg_temp.slug('Ann Lee'), 'ann-lee-2', 'the second of a name');
select is(pg_temp.slug('Ann Lee'), 'ann-lee-2', 'keeps it');
select is(pg_temp.slug('ANN  lee!'), 'ann-lee-2', 'also when the name is only written otherwise');
select is(pg_temp.slug('Robert'), 'robert', 'another name is another address');
select is(pg_temp.slug('Ann'), 'ann', 'a name that begins another''s');
select is(pg_temp.slug('Ann Lee 2'), 'ann-lee-2', 'an address that was given up is free again');
select act('edge_user', test.ada());
select is(pg_temp.slug('Ann Lee'), 'ann-lee-3', 'and taken until then');

select alike(pg_temp.slug(w.word), w.word || '-_', format('%s is reserved', w.word))
from (values ('admin'), ('api'), ('www'), ('null'), ('streamvibe')) as w (word);
select is(pg_temp.slug('The Admin'), 'the-admin', 'a name may hold a reserved word');
select matches(pg_temp.slug(w.word), '^creator-[0-9]+$', format('%s has no spelling', w.word))
from (values ('李小龙'), ('🎉🎉'), ('!!!'), ('٪')) as w (word);
select is(pg_temp.slug('🎵'), pg_temp.slug('李小龙'), 'and keeps the neutral address that it has');

-- a user who is gone, with a token that is still good
select act('edge_user', gen_random_uuid());
select is(
    (test.refusal($$ select internal.complete_profile('Ghost') $$)).state, 'PT404', 'nobody'
);
-- a visitor
select act('edge_visitor');
select is(
    (test.refusal($$ select internal.complete_profile('Ghost') $$)).state, '42501', 'a visitor'
);

select finish();
rollback;
