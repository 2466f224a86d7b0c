/// Words of a language that titles and texts are made of.
struct Phrases: Sendable {
  /// BCP 47.
  let language: String
  let titles: [String]
  let things: [String]
  let tags: [String]

  /// - Returns: English for a language that is not known.
  static func of(_ language: String) -> Phrases {
    all.first { $0.language == language } ?? all[0]
  }

  static let all = [
    Phrases(
      language: "en",
      titles: [
        "How I built", "A quiet day with", "Ten facts about", "The truth about", "Repairing",
      ],
      things: ["a tiny house", "old clocks", "my garden", "the night sky", "sourdough", "a canoe"],
      tags: ["diy", "howto", "science", "slow living", "garden"]
    ),
    Phrases(
      language: "de",
      titles: ["So baue ich", "Die Wahrheit über", "Zehn Fragen an", "Ein Tag mit", "Größer als"],
      things: ["ein Floß", "Brötchen", "alte Uhren", "den Schrebergarten", "das Straßenfest"],
      tags: ["handwerk", "küche", "garten", "straße"]
    ),
    Phrases(
      language: "fr",
      titles: ["Comment réparer", "Une journée avec", "Dix secrets sur", "L’été chez"],
      things: ["un vélo", "la forêt", "le vieux moulin", "la pâte feuilletée", "l’atelier"],
      tags: ["bricolage", "cuisine", "été"]
    ),
    Phrases(
      language: "es",
      titles: ["Cómo hacer", "Un día con", "¿Qué pasa con", "La verdad sobre"],
      things: ["una cabaña", "el huerto", "mi abuela", "las estrellas", "el pan"],
      tags: ["cocina", "niños", "mañana"]
    ),
    Phrases(
      language: "ru",
      titles: ["Как я строю", "Один день и", "Вся правда про", "Ремонтируем"],
      things: ["дом", "старые часы", "звёздное небо", "огород", "хлеб на закваске"],
      tags: ["своими руками", "наука", "ёлка"]
    ),
    Phrases(
      language: "ar",
      titles: ["كيف صنعت", "يوم هادئ مع", "الحقيقة عن", "عشرة أسرار عن"],
      things: ["بيت صغير", "الحديقة", "سماء الليل", "الخبز البلدي"],
      tags: ["طبخ", "علوم", "حديقة"]
    ),
    Phrases(
      language: "he",
      titles: ["איך בניתי", "יום שקט עם", "האמת על"],
      things: ["בית קטן", "הגינה", "שמי הלילה"],
      tags: ["בישול", "מדע"]
    ),
    Phrases(
      language: "hi",
      titles: ["मैंने कैसे बनाया", "एक शांत दिन", "सच क्या है"],
      things: ["छोटा घर", "पुरानी घड़ी", "बगीचा", "रात का आसमान"],
      tags: ["विज्ञान", "रसोई"]
    ),
    Phrases(
      language: "ja",
      titles: ["作ってみた：", "静かな一日と", "知られざる", "修理する"],
      things: ["小さな家", "古い時計", "夜空", "パン", "カヌー"],
      tags: ["料理", "科学", "庭"]
    ),
    Phrases(
      language: "zh",
      titles: ["我如何建造", "十个秘密：", "安静的一天与", "修理"],
      things: ["小木屋", "老钟", "夜空", "酸面包"],
      tags: ["科学", "美食"]
    ),
    Phrases(
      language: "ko",
      titles: ["직접 만든", "조용한 하루와", "진실:"],
      things: ["작은 집", "오래된 시계", "밤하늘"],
      tags: ["과학", "요리"]
    ),
    Phrases(
      language: "th",
      titles: ["วิธีสร้าง", "วันเงียบๆ กับ", "ความจริงเกี่ยวกับ"],
      things: ["บ้านหลังเล็ก", "สวนของฉัน", "ท้องฟ้ายามค่ำคืน"],
      tags: ["วิทยาศาสตร์", "อาหาร"]
    ),
    Phrases(
      language: "tr",
      titles: ["Nasıl yaptım:", "Sessiz bir gün ve", "İşte gerçek:"],
      things: ["küçük bir ev", "ığdır bahçesi", "gece göğü"],
      tags: ["bilim", "mutfak"]
    ),
    Phrases(
      language: "vi",
      titles: ["Cách tôi dựng", "Một ngày yên tĩnh với", "Sự thật về"],
      things: ["ngôi nhà nhỏ", "khu vườn", "bầu trời đêm"],
      tags: ["khoa học", "ẩm thực"]
    ),
    Phrases(
      language: "el",
      titles: ["Πώς έφτιαξα", "Μια ήσυχη μέρα με", "Η αλήθεια για"],
      things: ["ένα σπιτάκι", "τον κήπο", "τον νυχτερινό ουρανό"],
      tags: ["επιστήμη", "κουζίνα"]
    ),
  ]
}
