-- must fail: storms/slug_storm.py
-- Two who save one name see the same address free.
select test.spoil(
    'public.generate_profile_slug(text, uuid)',
    'perform pg_catalog.pg_advisory_xact_lock(',
    'perform ('
);
