-- must fail: pgtap/profiles.sql
-- No word is reserved.
delete from internal.reserved_slug
where true;
