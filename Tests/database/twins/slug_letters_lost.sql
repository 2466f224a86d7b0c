-- must fail: pgtap/slugs.sql
-- A script loses a letter.
delete from internal.transliteration
where source = 'щ';
