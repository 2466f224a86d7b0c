-- must fail: pgtap/linking.sql
-- An account that is out of use counts on.
select test.spoil(
    'internal.count_connection()',
    '(tg_op = ''DELETE'' or not new.is_active or new.user_id <> old.user_id)',
    'tg_op = ''DELETE'''
);
