-- must fail: pgtap/access.sql
-- Any user settles any reservation.
select test.spoil('internal.settle_quota(uuid)', 'and r.user_id = v_user_id', '');
