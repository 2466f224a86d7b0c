-- must fail: storms/slug_storm.py
-- Each save makes a new address.
select test.spoil('public.generate_profile_slug(text, uuid)', 'u.id = p_user_id', 'false');
select test.spoil(
    'public.generate_profile_slug(text, uuid)',
    'u.profile_slug = c.slug and u.id <> p_user_id',
    'u.profile_slug = c.slug'
);
