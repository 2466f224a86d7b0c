-- must fail: pgtap/content.sql
-- An account takes whatever name it is given.
select test.spoil(
    'internal.renew_profile(uuid, jsonb)',
    'and c.platform_user_id = p_profile ->> ''id''',
    ''
);
