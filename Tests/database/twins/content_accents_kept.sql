-- must fail: pgtap/content_search.sql
-- Accents are not taken off.
do $$
begin
    alter text search configuration public.search_simple
    alter mapping for word, hword, hword_part with pg_catalog.simple;
    alter text search configuration public.search_english
    alter mapping for word, hword, hword_part with pg_catalog.english_stem;
end;
$$;
