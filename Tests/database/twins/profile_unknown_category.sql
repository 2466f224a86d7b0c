-- must fail: pgtap/profiles.sql
-- Categories are left to the foreign key.
select test.spoil(
    'internal.complete_profile(text, text, text, text, text)',
    'p_category is not null and not exists',
    'false and not exists'
);
