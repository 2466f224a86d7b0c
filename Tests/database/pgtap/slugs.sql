-- login: streamvibe_owner
-- What a name is spelled as, in any script that has sounds.

begin;
select no_plan();

select is(internal.slugified(n.name), n.slug, n.name)
from (
    values
    ('Ann Lee', 'ann-lee'),
    ('José Núñez', 'jose-nunez'),
    ('Straße & Söhne', 'strasse-and-sohne'),
    ('O''Brien', 'obrien'),
    ('D’Angelo', 'dangelo'),
    ('Łukasz Żółć', 'lukasz-zolc'),
    ('Nguyễn Thị Ánh', 'nguyen-thi-anh'),
    ('Đặng', 'dang'),
    ('İstanbul ışık', 'istanbul-isik'),
    ('Ærø Øst', 'aero-ost'),
    ('Əli', 'eli'),
    ('Þór', 'thor'),
    ('Ngā Māori', 'nga-maori'),
    ('C++', 'c-plus-plus'),
    ('rock@home', 'rock-at-home'),
    ('--a--b--', 'a-b'),
    ('a_b.c', 'a-b-c'),
    ('123', '123'),
    ('𝕬𝖑𝖊𝖝', 'alex'),
    ('Ｆｕｌｌ　Ｗｉｄｔｈ', 'full-width'),
    ('ﬁne', 'fine'),
    ('Владимир Щукин', 'vladimir-shchukin'),
    ('Ёлка Йод', 'yolka-yod'),
    ('Їжак Ґедзь', 'yizhak-gedz'),
    ('Јелена Љубић', 'jelena-ljubic'),
    ('Ќирил', 'kjiril'),
    ('Айгүл Әбілқызы', 'aygul-abilqyzy'),
    ('Γιώργος Παπαδόπουλος', 'giorgos-papadopoulos'),
    ('Ουρανία', 'ourania'),
    ('Ευάγγελος', 'evangelos'),
    ('Երևան Հակոբյան', 'yerevan-hakobyan'),
    ('Որդի Ու', 'vordi-u'),
    ('გიორგი ქართული', 'giorgi-kartuli'),
    ('שלום דוד', 'shlom-dod'),
    ('ורד', 'vrd'),
    ('محمد علي', 'mhmd-ali'),
    ('مُحَمَّد', 'muhamad'),
    ('الجزيرة', 'aljzira'),
    ('پریسا', 'prisa'),
    ('٣٤٥ ۷', '345-7'),
    ('अमित शर्मा', 'amit-sharma'),
    ('प्रिया', 'priya'),
    ('क़लम', 'qalam'),
    ('संबंध', 'sambandh'),
    ('रवींद्र २०', 'ravindr-20'),
    ('রবীন্দ্রনাথ', 'rabindranath'),
    ('ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ', 'guraprit-singh'),
    ('ગુજરાત', 'gujarat'),
    ('ଓଡ଼ିଆ', 'oria'),
    ('தமிழ்', 'tamizh'),
    ('శ్రీను', 'shrinu'),
    ('ಕನ್ನಡ', 'kannada'),
    ('മലയാളം', 'malayalam'),
    ('അവൻ', 'avan'),
    ('සිංහල', 'sinhala'),
    ('สมชาย', 'smchay'),
    ('ไทย', 'thaiy'),
    ('เสาร์', 'sao'),
    ('ສະບາຍດີ', 'sabaydi'),
    ('さくら', 'sakura'),
    ('ガンダム', 'gandamu'),
    ('しゃしん', 'shashin'),
    ('マッチ', 'matchi'),
    ('きって', 'kitte'),
    ('コーヒー', 'kohi'),
    ('ﾃﾚﾋﾞ', 'terebi'),
    ('ティファニー', 'tifani'),
    ('김민수', 'gimminsu'),
    ('한국어', 'hangugeo'),
    ('서울', 'seoul'),
    ('설날 신라', 'seolnal-sinra'),
    ('ㅋㅋ', 'kk'),
    ('ቴዎድሮስ', 'tewodros'),
    ('李 Ming', 'ming'),
    ('日本テレビ', 'terebi'),
    ('🎉 Party', 'party'),
    ('Z̸a̷l̶g̴o̵', 'zalgo'),
    ('éa', 'ea')
) as n (name, slug);

select is(internal.slugified(n.name), null, format('%s has no spelling', n.name))
from (values ('李小龙'), ('😀🎉'), ('   '), (''), ('!!!'), (U&'\200B'), ('ー')) as n (name);

-- long names are cut between words, or through a word that is too long by itself
select is(internal.slugified(repeat('word ', 30)), rtrim(repeat('word-', 12), '-'), 'cut');
select is(internal.slugified(repeat('x', 100)), repeat('x', 60), 'cut through a word');
select is(internal.slugified(repeat('щ', 100)), repeat('shch', 15), 'cut after spelling');

-- every letter that there is, alone and beside others: an address comes out, or nothing
create function pg_temp.bad(p_from integer, p_to integer) returns setof integer language plpgsql
as $$
declare
    v_code integer;
    v_slug text;
begin
    for v_code in p_from .. p_to loop
        continue when v_code between 55296 and 57343;
        for v_slug in
            select internal.slugified(t.text)
            from (values (chr(v_code)), ('a' || chr(v_code) || 'b')) as t (text)
        loop
            if v_slug !~ '^[a-z0-9]+(-[a-z0-9]+)*$' or length(v_slug) > 60 then
                return next v_code;
            end if;
        end loop;
    end loop;
end;
$$;
select is_empty('select pg_temp.bad(1, 13311)', 'U+0001 to U+33FF');
select is_empty('select pg_temp.bad(42128, 55291)', 'U+A490 to U+D7FB');
select is_empty('select pg_temp.bad(63744, 65533)', 'U+F900 to U+FFFD');
select is_empty('select pg_temp.bad(65536, 66527)', 'U+10000 to U+103DF');
select is_empty('select pg_temp.bad(119808, 120831)', 'mathematical letters');
select is_empty('select pg_temp.bad(126976, 127743)', 'emoji');

-- names of letters by chance from all scripts
create function pg_temp.random_name() returns text language sql volatile as $$
    select string_agg(chr(
        s.first + floor(random() * s.length)::integer
    ), '')
    from generate_series(1, 1 + floor(random() * 30)::integer) as n (number)
    cross join lateral (
        select f.first, f.length
        from (values
            (32, 95), (160, 500), (880, 300), (1328, 1000), (2304, 1200), (3584, 250), (4256, 95),
            (4352, 600), (12352, 190), (44032, 11000), (19968, 20000), (127744, 500)
        ) as f (first, length)
        where n.number > 0
        order by random()
        limit 1
    ) as s
$$;
select is(
    (
        select count(*)
        from generate_series(1, 1500) as n (number)
        cross join
            lateral (
                select internal.slugified(pg_temp.random_name()) as slug
                where n.number > 0
            ) as s
        where s.slug !~ '^[a-z0-9]+(-[a-z0-9]+)*$' or length(s.slug) > 60
    ), 0::bigint, 'names by chance'
);

select cmp_ok((select count(*) from internal.reserved_slug), '>', 100::bigint, 'reserved words');
select is_empty(
    $$ select slug from internal.reserved_slug where internal.slugified(slug) <> slug $$,
    'each of which a name could be spelled as'
);
select is_empty(
    $$ select source, latin from internal.transliteration where latin !~ '^[a-z0-9-]*$' $$,
    'spellings are ASCII'
);

select finish();
rollback;
