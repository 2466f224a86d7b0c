-- must fail: pgtap/success.sql
-- Who signed in as nobody is a sign-up without confirmation.
select test.spoil_view('internal.onboarding_success', 'NOT a.is_anonymous', 'true');
