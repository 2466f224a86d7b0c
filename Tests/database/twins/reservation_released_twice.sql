-- must fail: storms/reservation_storm.py
-- Who releases does not look whether the row went with it.
select test.spoil(
    'internal.release_quota(uuid, text)',
    E'delete from internal.quota_reservation as r\n'
    '    where r.id = p_reservation and r.user_id = v_user_id\n'
    '    returning r.* into v_reservation;',
    'select r.* into v_reservation from internal.quota_reservation as r where r.id = p_reservation;'
);
