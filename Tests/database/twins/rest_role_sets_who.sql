-- must fail: pgtap/rest_settings.sql
-- A role's settings say who its requests come from.
select test.spoil_view('rest.role_setting', '^(request|', '^(');
