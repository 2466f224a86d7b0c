-- must fail: pgtap/quotas.sql
-- More is given back than was used.
alter table public.subscription drop constraint usage_is_not_negative;
select test.spoil(
    'internal.change_quota(uuid, text, integer, text, text, text, uuid)',
    'v_change := -least(-v_change, v_used);',
    'null;'
);
