-- must fail: pgtap/linking.sql
-- What one user has taken another completes.
select test.spoil(
    'internal.complete_link(uuid,jsonb,text[],timestamptz,timestamptz,timestamptz,uuid,text)',
    '        and s.user_id = v_user_id
        and s.used_at',
    '        and s.used_at'
);
