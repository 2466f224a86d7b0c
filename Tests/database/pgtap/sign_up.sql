-- login: auth_admin
-- An account that is made brings all that a user begins with, in the same transaction.

begin;
select plan(11);

prepare sign_up (uuid, jsonb) as
insert into auth.users (id, email, raw_user_meta_data) values ($1, $1 || '@example.com', $2);

select
    lives_ok(
        format(
            $$ execute sign_up ('00000000-0000-4000-8000-00000000000%s', %L) $$,
            said.number,
            said.words
        ),
        format('whatever an account says of itself, it can be made: %s', left(said.words, 40))
    )
from (
    values
    (1, '{"full_name": "  Mia\n  Li ", "avatar_url": "https://example.com/a.png"}'),
    (2, null),
    (3, '[]'),
    (4, '"text"'),
    (5, '{"name": " \t "}'),
    (6, '{"name": {"a": 1}, "avatar_url": "javascript:alert(1)"}'),
    (7, format('{"name": "%s", "avatar_url": "https://%s"}', repeat('x', 500), repeat('y', 5000)))
) as said (number, words);

select throws_ok(
    $$ insert into auth.users (email)
        values ('00000000-0000-4000-8000-000000000001@EXAMPLE.com') $$,
    '23505', null, 'an address belongs to one account, whatever its letters'' case'
);

select throws_ok(
    'select * from public.users', '42501', null, 'the auth process reads no user''s row'
);
select throws_ok(
    'select * from internal.quota_reservation', '42501', null, 'nor what is internal'
);
select throws_ok(
    'update public.subscription_tier set price_cents = 0', '42501', null, 'nor does it set prices'
);

select finish();
rollback;
