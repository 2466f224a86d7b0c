-- must fail: pgtap/rest_settings.sql
-- A setting that a role may not set stands in the way of all its requests.
select test.spoil_view('rest.role_setting', '(s.context = ''user''::text)', 'true');
