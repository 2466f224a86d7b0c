-- must fail: pgtap/sign_up.sql
-- The account's own words go in as they are.
select test.spoil(
    'internal.handle_new_user()',
    E'v_avatar_url ~ \'^https://[^[:space:][:cntrl:]]+$\'',
    'true'
);
