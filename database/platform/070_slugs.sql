-- From a name in any script to the ASCII of an address. What has letters of sound is spelled by
-- sound; Han, emoji and other signs have no spelling without a dictionary and are left out.

set role streamvibe_owner;

create table if not exists internal.transliteration (
    -- one letter, or several that are spelled together
    source text primary key,
    latin text not null
);

-- Two lists a script, letter by letter; `_` stands for one that is not spelled.
with scripts (sources, latins) as (
    values
    (
        'æ œ ø đ ð þ ł ħ ı ŋ ĸ ŧ ß ə ƒ ɓ ɗ ƙ ɣ ɛ ɔ ʒ ʻ ʼ ʿ ʾ ɖ ɲ ʋ ƴ ɩ ʊ ɨ ʉ ǝ &',
        'ae oe o d d th l h i ng k t ss e f b d k g e o zh _ _ _ _ d ny v y i u i u e -and-'
    ),
    ('+ @', '-plus- -at-'),
    (
        'а б в г д е ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я ё',
        'a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya yo'
    ),
    (
        'є і ї ґ ў ј љ њ ћ ђ џ ѓ ќ ѕ ә ғ қ ң ө ұ ү һ җ ҳ ҷ ӯ ӣ ҙ ҫ ҡ ӏ ѣ ѳ ѵ ѝ ѐ',
        'ye i yi g u j lj nj c dj dz gj kj dz a g q ng o u u h j h j u i z s q _ e f i i e'
    ),
    (
        'α β γ δ ε ζ η θ ι κ λ μ ν ξ ο π ρ σ ς τ υ φ χ ψ ω ου αυ ευ ηυ γγ γξ γχ γκ',
        'a v g d e z i th i k l m n x o p r s s t y f ch ps o ou av ev iv ng nx nch gk'
    ),
    (
        'ա բ գ դ ե զ է ը թ ժ ի լ խ ծ կ հ ձ ղ ճ մ յ ն շ ո չ պ ջ ռ ս վ տ ր ց ւ փ ք օ ֆ',
        'a b g d e z e y t zh i l kh ts k h dz gh ch m y n sh o ch p j r s v t r ts v p k o f'
    ),
    ('և ու', 'ev u'),
    (
        'ა ბ გ დ ე ვ ზ თ ი კ ლ მ ნ ო პ ჟ რ ს ტ უ ფ ქ ღ ყ შ ჩ ც ძ წ ჭ ხ ჯ ჰ',
        'a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h'
    ),
    (
        'א ב ג ד ה ו ז ח ט י כ ך ל מ ם נ ן ס ע פ ף צ ץ ק ר ש ת וו',
        'a b g d h v z ch t y k k l m m n n s a p f ts ts k r sh t v'
    ),
    (
        'ا أ إ آ ٱ ب ت ث ج ح خ د ذ ر ز س ش ص ض ط ظ ع غ ف ق ك ل م ن ه و ي ى ة ء ؤ ئ ـ',
        'a a i a a b t th j h kh d dh r z s sh s d t z a gh f q k l m n h w y a a _ u i _'
    ),
    (
        'پ چ ژ گ ک ی ٹ ڈ ڑ ں ہ ھ ے ۓ ۆ ێ ە ڕ ڵ ڤ ۇ ۋ ې ھ ۀ ۂ ۃ ٔ',
        'p ch zh g k y t d r n h h e e o e e r l v u v e h e h t _'
    ),
    ('َ ِ ُ ً ٍ ٌ ّ ْ', 'a i u an in un _ _'),
    -- Devanagari; the scripts laid out alike are brought to it first
    (
        'अ आ इ ई उ ऊ ऋ ॠ ऌ ऍ ऎ ए ऐ ऑ ऒ ओ औ ा ि ी ु ू ृ ॄ ॅ ॆ े ै ॉ ॊ ो ौ ् ँ ं ः ऽ ़',
        'a a i i u u ri ri li e e e ai o o o au a i i u u ri ri e e e ai o o o au _ n n h _ _'
    ),
    (
        'क ख ग घ ङ च छ ज झ ञ ट ठ ड ढ ण त थ द ध न ऩ प फ ब भ म य र ऱ ल ळ ऴ व श',
        'k kh g gh ng ch chh j jh ny t th d dh n t th d dh n n p ph b bh m y r r l l zh v sh'
    ),
    ('ष स ह ॐ', 'sh s h om'),
    ('क़ ख़ ग़ ज़ ड़ ढ़ फ़ य़ क्ष ज्ञ', 'q kh gh z r rh f y ksh gy'),
    (
        'ก ข ฃ ค ฅ ฆ ง จ ฉ ช ซ ฌ ญ ฎ ฏ ฐ ฑ ฒ ณ ด ต ถ ท ธ น บ ป ผ ฝ พ ฟ ภ ม',
        'k kh kh kh kh kh ng ch ch ch s ch y d t th th th n d t th th th n b p ph f ph f ph m'
    ),
    ('ย ร ล ว ศ ษ ส ห ฬ อ ฮ', 'y r l w s s s h l o h'),
    (
        'ะ ั า ำ ิ ี ึ ื ุ ู เ แ โ ใ ไ ๅ ็ ่ ้ ๊ ๋ ์ ํ ฤ ๆ ฯ',
        'a a a am i i ue ue u u e ae o ai ai a _ _ _ _ _ _ m rue _ _'
    ),
    ('เา เีย เือ ัว ือ เอ เะ เิ', 'ao ia uea ua ue oe e oe'),
    (
        'あ い う え お か き く け こ さ し す せ そ た ち つ て と な に ぬ ね の は ひ ふ へ',
        'a i u e o ka ki ku ke ko sa shi su se so ta chi tsu te to na ni nu ne no ha hi fu he'
    ),
    ('ほ', 'ho'),
    (
        'ま み む め も や ゆ よ ら り る れ ろ わ ゐ ゑ を ん が ぎ ぐ げ ご ざ じ ず ぜ ぞ だ',
        'ma mi mu me mo ya yu yo ra ri ru re ro wa i e o n ga gi gu ge go za ji zu ze zo da'
    ),
    ('ぢ づ で ど', 'ji zu de do'),
    (
        'ば び ぶ べ ぼ ぱ ぴ ぷ ぺ ぽ ゔ ぁ ぃ ぅ ぇ ぉ ゃ ゅ ょ ゎ ー ゝ ゞ',
        'ba bi bu be bo pa pi pu pe po vu a i u e o ya yu yo wa _ _ _'
    ),
    (
        'きゃ きゅ きょ しゃ しゅ しょ ちゃ ちゅ ちょ にゃ にゅ にょ ひゃ ひゅ ひょ みゃ みゅ みょ りゃ りゅ りょ',
        'kya kyu kyo sha shu sho cha chu cho nya nyu nyo hya hyu hyo mya myu myo rya ryu ryo'
    ),
    (
        'ぎゃ ぎゅ ぎょ じゃ じゅ じょ びゃ びゅ びょ ぴゃ ぴゅ ぴょ ふぁ ふぃ ふぇ ふぉ てぃ でぃ とぅ どぅ',
        'gya gyu gyo ja ju jo bya byu byo pya pyu pyo fa fi fe fo ti di tu du'
    ),
    (
        'しぇ じぇ ちぇ うぃ うぇ うぉ ゔぁ ゔぃ ゔぇ ゔぉ つぁ つぃ つぇ つぉ でゅ てゅ ふゅ',
        'she je che wi we wo va vi ve vo tsa tsi tse tso dyu tyu fyu'
    ),
    -- Hangul, taken apart into its initials, vowels and finals
    ('ᄀ ᄁ ᄂ ᄃ ᄄ ᄅ ᄆ ᄇ ᄈ ᄉ ᄊ ᄋ ᄌ ᄍ ᄎ ᄏ ᄐ ᄑ ᄒ', 'g kk n d tt r m b pp s ss _ j jj ch k t p h'),
    (
        'ᅡ ᅢ ᅣ ᅤ ᅥ ᅦ ᅧ ᅨ ᅩ ᅪ ᅫ ᅬ ᅭ ᅮ ᅯ ᅰ ᅱ ᅲ ᅳ ᅴ ᅵ',
        'a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i'
    ),
    (
        'ᆨ ᆩ ᆪ ᆫ ᆬ ᆭ ᆮ ᆯ ᆰ ᆱ ᆲ ᆳ ᆴ ᆵ ᆶ ᆷ ᆸ ᆹ ᆺ ᆻ ᆼ ᆽ ᆾ ᆿ ᇀ ᇁ ᇂ ᆯᄅ',
        'k k k n n n t l k m l l l p l m p p t t ng t t k t p t ll'
    )
),

pairs as (
    select
        p.source,
        replace(p.latin, '_', '') as latin
    from scripts as s
    cross join lateral unnest(
        string_to_array(s.sources, ' '), string_to_array(s.latins, ' ')
    ) as p (source, latin)
),

-- the digits of other scripts, by the place of their zero
zeros (code) as (
    values
    (1632), (1776), (1984), (2406), (2534), (2662), (2790), (2918), (3046), (3174), (3302), (3430),
    (3558), (3664), (3792), (3872), (4160), (4240), (6112), (6160), (6470), (6608), (6784), (6800),
    (6992), (7088), (7232), (7248), (42528), (43216), (43264), (43472), (43504), (43600), (44016)
),

digits as (
    select
        chr(z.code + d.digit) as source,
        d.digit::text as latin
    from zeros as z
    cross join generate_series(0, 9) as d (digit)
),

-- Ethiopic: from U+1200 on, eight signs a consonant, one for each vowel
ethiopic (consonants, vowels) as (
    values
    (
        'h l h m s r s sh q qw q qw b v t ch h hw n ny _ k kw k kw w _ z zh y d d j g gw g t ch p '
        'ts ts f p',
        'e u i a e _ o wa'
    )
),

syllables as (
    select
        chr(4608 + (c.place - 1)::integer * 8 + (v.place - 1)::integer) as source,
        replace(c.latin || v.latin, '_', '') as latin
    from ethiopic as e
    cross join lateral string_to_table(e.consonants, ' ') with ordinality as c (latin, place)
    cross join lateral string_to_table(e.vowels, ' ') with ordinality as v (latin, place)
),

spellings as (
    select * from pairs
    union all
    select * from digits
    union all
    select * from syllables
),

-- in the form that every name is brought to first
normalised as (
    select
        latin,
        normalize(source, nfkc) as source
    from spellings
)

insert into internal.transliteration (source, latin)
select distinct on (n.source)
    n.source,
    n.latin
from normalised as n
order by n.source, n.latin
on conflict (source) do update set latin = excluded.latin;

-- Spells what the table knows, the longest letters first, and leaves the rest as it is.
create or replace function internal.spelled(p_text text)
returns text
language sql stable
set search_path = ''
as $$
    select coalesce(pg_catalog.string_agg(coalesce(t.latin, m.letters[1]), '' order by m.place), '')
    from pg_catalog.regexp_matches(
        p_text,
        (
            select pg_catalog.string_agg(l.source, '|') || '|.'
            from internal.transliteration as l
            where pg_catalog.char_length(l.source) > 1
        ),
        'g'
    ) with ordinality as m (letters, place)
    left join internal.transliteration as t on m.letters[1] = t.source
$$;

-- The scripts of India, most of which lie in blocks of 128 signs in one order, brought to
-- Devanagari's, with the vowel written that a consonant has by itself: at the end of a word only
-- in those of the south, where it is heard.
create or replace function internal.with_indic_vowels(p_text text)
returns text
language plpgsql stable
set search_path = ''
as $$
declare
    v_text text := p_text;
    v_is_southern boolean := v_text ~ '[\u0b00-\u0dff]';
begin
    -- letters that Devanagari lacks: final consonants of Malayalam and Bengali, Gurmukhi's marks
    v_text := pg_catalog.replace(v_text, 'ൺ', 'ണ്');
    v_text := pg_catalog.replace(v_text, 'ൻ', 'ന്');
    v_text := pg_catalog.replace(v_text, 'ർ', 'ര്');
    v_text := pg_catalog.replace(v_text, 'ൽ', 'ല്');
    v_text := pg_catalog.replace(v_text, 'ൾ', 'ള്');
    v_text := pg_catalog.replace(v_text, 'ൿ', 'ക്');
    v_text := pg_catalog.replace(v_text, 'ৎ', 'ত্');
    v_text := pg_catalog.translate(v_text, 'ৰৱੰୱੱੲੳ', 'রवਂव');
    v_text := pg_catalog.translate(
        v_text,
        'අආඇඈඉඊඋඌඍඑඒඓඔඕඖකඛගඝඞඟචඡජඣඤඥඦටඨඩඪණඬතථදධනඳපඵබභමඹයරලවශෂසහළෆාැෑිීුූෘෙේෛොෝෞ්ංඃ',
        'अआएएइईउऊऋएएऐओओऔकखगघङगचछजझञञजटठडढणडतथदधनदपफबभमबयरलवशषसहळफाेेिीुूृेेैोोौ्ंः'
    );
    select
        pg_catalog.translate(
            v_text,
            pg_catalog.string_agg(pg_catalog.chr(b.base + o.value), '' order by b.base, o.value),
            pg_catalog.string_agg(pg_catalog.chr(2304 + o.value), '' order by b.base, o.value)
        ) into v_text
    from pg_catalog.generate_series(2432, 3328, 128) as b (base)
    cross join pg_catalog.generate_series(1, 87) as o (value);

    v_text := pg_catalog.regexp_replace(
        v_text, 'ं(?=[पफबभम]' || case when v_is_southern then '|[^ऀ-ॿ]|$)' else ')' end, 'म्', 'g'
    );
    return pg_catalog.regexp_replace(
        v_text,
        '([क-ह]़?)(?=[ँंः]|[अ-ह]' || case when v_is_southern then '|[^ऀ-ॿ]|$)' else ')' end,
        '\1अ',
        'g'
    );
end;
$$;

-- A text in Latin letters, as far as its scripts have sounds; lower case, without accents.
create or replace function internal.latinised(p_text text)
returns text
language plpgsql stable
set search_path = ''
as $$
declare
    v_text text := pg_catalog.lower(normalize(p_text, nfkc) collate pg_catalog."und-x-icu");
begin
    if v_text !~ '[^ -~]' then
        return internal.spelled(v_text);
    end if;

    -- Greek: the accent alone does not part two vowels that are spelled together
    v_text := pg_catalog.translate(v_text, 'άέήίόύώ', 'αεηιουω');
    -- Armenian: two vowels that begin a word otherwise
    v_text := pg_catalog.regexp_replace(v_text, '(^|[^ա-ֆ])ո(?=[^ւվ]|$)', '\1վո', 'g');
    v_text := pg_catalog.regexp_replace(v_text, '(^|[^ա-ֆ])ե(?!ւ)', '\1յե', 'g');
    -- Hebrew and Arabic: two letters are consonants where a word begins, else mostly vowels
    v_text := pg_catalog.regexp_replace(v_text, '(?<=[א-ת])ו(?!ו)', 'o', 'g');
    v_text := pg_catalog.regexp_replace(v_text, '(?<=[א-תo])י', 'i', 'g');
    v_text := pg_catalog.regexp_replace(v_text, '(^|[^ء-ي])ال(?=[ء-ي])', '\1al', 'g');
    v_text := pg_catalog.regexp_replace(v_text, '(?<=[بتثجحخدذرزسشصضطظعغفقكلمنه])و(?!ا)', 'u', 'g');
    v_text := pg_catalog.regexp_replace(v_text, '(?<=[بتثجحخدذرزسشصضطظعغفقكلمنه])[يی](?!ا)', 'i', 'g');

    if v_text ~ '[\u0900-\u0dff]' then
        v_text := internal.with_indic_vowels(v_text);
    end if;

    if v_text ~ '[\u0e00-\u0eff]' then
        -- Lao lies 128 signs after Thai, in its order; then tones and silenced letters go, and a
        -- vowel that is written before its consonant comes after it
        select
            pg_catalog.translate(
                v_text,
                pg_catalog.string_agg(pg_catalog.chr(3713 + o.value), '' order by o.value),
                pg_catalog.string_agg(pg_catalog.chr(3585 + o.value), '' order by o.value)
            ) into v_text
        from pg_catalog.generate_series(0, 76) as o (value);
        v_text := pg_catalog.regexp_replace(v_text, '[ก-ฮ][ิุ]?์', '', 'g');
        v_text := pg_catalog.regexp_replace(v_text, '[็่้๊๋]', '', 'g');
        v_text := pg_catalog.regexp_replace(v_text, '([เแโใไ])([ก-ฮ])', '\2\1', 'g');
        v_text := pg_catalog.regexp_replace(v_text, 'อ(?=[ะ-ูเ-ไ])', '', 'g');
    end if;

    if v_text ~ '[\u30a1-\u30f4]' then
        select
            pg_catalog.translate(
                v_text,
                pg_catalog.string_agg(pg_catalog.chr(12449 + o.value), '' order by o.value),
                pg_catalog.string_agg(pg_catalog.chr(12353 + o.value), '' order by o.value)
            ) into v_text
        from pg_catalog.generate_series(0, 83) as o (value);
    end if;

    v_text := internal.spelled(v_text);
    -- kana: a small tsu doubles the consonant after it
    v_text := pg_catalog.regexp_replace(v_text, 'っ(?=ch)', 't', 'g');
    v_text := pg_catalog.regexp_replace(v_text, 'っ([a-z])', '\1\1', 'g');

    -- what is left is taken apart: letters from their accents, Hangul into its sounds, of which a
    -- final one is heard as the initial of a syllable that has none
    v_text := normalize(v_text, nfkd);
    v_text := pg_catalog.regexp_replace(
        v_text,
        '[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7'
        '\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff'
        '\ufe00-\ufe0f\ufe20-\ufe2f]', '', 'g'
    );
    if v_text ~ '[\u1100-\u11ff]' then
        v_text := pg_catalog.regexp_replace(v_text, '([ᆨᆫᆮᆯᆷᆸᆺᆻᆽᆾᆿᇀᇁ])ᄋ', '\1', 'g');
        v_text := pg_catalog.regexp_replace(v_text, 'ᆨ(?=[ᅡ-ᅵ])', 'ᄀ', 'g');
        v_text := pg_catalog.regexp_replace(v_text, 'ᆮ(?=[ᅡ-ᅵ])', 'ᄃ', 'g');
        v_text := pg_catalog.regexp_replace(v_text, 'ᆯ(?=[ᅡ-ᅵ])', 'ᄅ', 'g');
        v_text := pg_catalog.regexp_replace(v_text, 'ᆸ(?=[ᅡ-ᅵ])', 'ᄇ', 'g');
        v_text := pg_catalog.regexp_replace(v_text, 'ᆺ(?=[ᅡ-ᅵ])', 'ᄉ', 'g');
        v_text := pg_catalog.regexp_replace(v_text, 'ᆻ(?=[ᅡ-ᅵ])', 'ᄊ', 'g');
        v_text := pg_catalog.regexp_replace(v_text, 'ᆽ(?=[ᅡ-ᅵ])', 'ᄌ', 'g');
        v_text := pg_catalog.regexp_replace(v_text, 'ᆾ(?=[ᅡ-ᅵ])', 'ᄎ', 'g');
    end if;
    v_text := internal.spelled(v_text);
    return pg_catalog.lower(extensions.unaccent('extensions.unaccent', v_text));
end;
$$;

-- The address made of a name: `^[a-z0-9]+(-[a-z0-9]+)*$` and 60 letters at most, cut between words
-- where that leaves half of it; null when nothing of the name can be spelled.
create or replace function internal.slugified(p_name text)
returns text
language plpgsql stable
set search_path = ''
as $$
declare
    v_slug text;
begin
    -- an apostrophe joins
    v_slug := internal.latinised(pg_catalog.regexp_replace(p_name, '[''’‘ʼ`´]', '', 'g'));
    v_slug := pg_catalog.btrim(pg_catalog.regexp_replace(v_slug, '[^a-z0-9]+', '-', 'g'), '-');
    if pg_catalog.char_length(v_slug) > 60 then
        v_slug := coalesce(
            pg_catalog.substring(v_slug, '^(.{30,60})-'), pg_catalog.left(v_slug, 60)
        );
    end if;
    return nullif(pg_catalog.btrim(v_slug, '-'), '');
end;
$$;

-- Words that no address may be, since they are, or look like, a place of the product's own.
create table if not exists internal.reserved_slug (
    slug text primary key
);

with reserved (words) as (
    values
    (
        'about abuse account accounts ad admin administrator admins ads affiliate affiliates ai '
        'api app apps assets auth billing blog browse business c callback careers categories '
        'category cdn channel channels checkout compliance config contact content copyright '
        'creator creators dashboard delete dev discover dmca docs download edit email error '
        'explore faq favicon feed feeds fonts functions graphql guest health help home hostmaster '
        'images img index info internal invite jobs js legal live login logout mail me media '
        'metrics mod moderator moderators new news null oauth official openapi ops owner page '
        'pages partner partners pay payment payments platform platforms postmaster premium press '
        'pricing privacy profile profiles public realtime register rest robots root rpc rss rules '
        'sale search security seo service service-role services settings setup shop signin '
        'signout signup sitemap staff static stats status storage store stream streamvibe stripe '
        'studio subscribe subscription support sys sysadmin system tag tags team terms test tos '
        'trending undefined update upload uploads user users v vault verified verify video videos '
        'visitor void web webhook webhooks webmaster www'
    )
)

insert into internal.reserved_slug (slug)
select w.slug
from reserved as r
cross join lateral pg_catalog.string_to_table(r.words, ' ') as w (slug)
on conflict (slug) do nothing;

revoke execute on all functions in schema internal from public;
revoke all on table internal.transliteration, internal.reserved_slug from public;

reset role;
