-- must fail: pgtap/profiles.sql
-- The day of the first time is overwritten.
select test.spoil(
    'internal.complete_profile(text, text, text, text, text)',
    'coalesce(u.onboarded_at, now())',
    'now()'
);
