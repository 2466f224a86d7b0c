-- must fail: pgtap/linking.sql
-- Nothing counts accounts.
select test.spoil(
    'internal.count_connection()',
    'new.user_id, ''social_account'', 1, ''increment''',
    'new.user_id, ''sync'', 1, ''increment'''
);
