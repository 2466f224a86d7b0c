-- must fail: pgtap/linking.sql
-- Unlinking makes one forget that an account was taken out of use.
select test.spoil(
    'internal.account_status(uuid,text)',
    's.slug = ''suspended'' and',
    'false and'
);
