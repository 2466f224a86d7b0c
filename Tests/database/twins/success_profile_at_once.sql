-- must fail: pgtap/success.sql
-- A profile counts from the row that the sign-up itself makes.
select test.spoil_view('internal.onboarding_success', 'u.onboarded_at', 'u.created_at');
