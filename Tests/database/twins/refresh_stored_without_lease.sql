-- must fail: pgtap/linking.sql
-- Whoever has refreshed stores, lease or not.
select test.spoil(
    'internal.finish_refresh(uuid,uuid,uuid,text,timestamptz,timestamptz,timestamptz,text[])',
    '    if not found then
        return false;
    end if;
    update',
    '    update'
);
