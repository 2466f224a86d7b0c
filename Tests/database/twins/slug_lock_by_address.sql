-- must fail: storms/slug_storm.py
-- The lock does not know that addresses of other names meet.
select test.spoil(
    'public.generate_profile_slug(text, uuid)',
    E'pg_catalog.regexp_replace(v_base, \'(-[0-9]+)+$\', \'\')',
    'v_base'
);
