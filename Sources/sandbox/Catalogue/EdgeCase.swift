/// What is hard to read, store or show, one after the other.
enum EdgeCase: Int, CaseIterable {
  case emptyText, emptyTitle, longTitle, rightToLeft, emoji, combining, markup, quotes, lineBreaks
  case hugeCounts, zeroCounts, hiddenCounts, noMedia, oneSecond, threeMinutes, hundredHours
  case ancient, manyTags, longText, live, upcoming, unlisted, `private`, manyChildren, ad, feedVideo
  case blankTitle, formatting, separators, url, noWords

  static func apply(_ index: Int, to item: inout CatalogueItem) {
    allCases[index % allCases.count].apply(to: &item)
  }

  private func apply(to item: inout CatalogueItem) {
    switch self {
    case .emptyText: item.text = ""
    case .emptyTitle: (item.title, item.tags) = ("", [])
    case .longTitle: item.title = String(repeating: "ß", count: 100)
    case .rightToLeft: item.title = "עברית \u{202E}abc\u{202C} العربية"
    case .emoji: item.title = "👩‍👩‍👧‍👦🏳️‍🌈 #🎉 🇩🇪"
    case .combining: item.title = "Z\u{0351}\u{036B}a\u{0363}\u{0300}l\u{0322}go e\u{0301} é"
    case .markup: item.title = "<script>alert(1)</script> & <b>bold</b> &amp; {{x}} ${y}"
    case .quotes: item.title = #"'; drop table content; -- " \ \" % _ \u0000"#
    case .lineBreaks: item.text = "first\r\nsecond\nthird\r\tfourth\u{2028}fifth"
    case .hugeCounts:
      item.views = 9_007_199_254_740_993
      item.likes = 2_147_483_647
    case .zeroCounts: (item.views, item.likes, item.comments, item.shares) = (0, 0, 0, 0)
    case .hiddenCounts: (item.hidesLikes, item.hidesComments) = (true, true)
    case .noMedia: item.lacksMedia = true
    case .oneSecond: item.duration = 1
    case .threeMinutes: (item.duration, item.width, item.height) = (180, 1080, 1920)
    case .hundredHours: item.duration = 360_000
    case .ancient: item.tags = ["2005"]
    case .manyTags: item.tags = (1...60).map { "tag \($0)" }
    case .longText: item.text = String(repeating: "Ünïcödé ", count: 270)
    case .live: item.kind = item.kind.isYouTube ? .live : item.kind
    case .upcoming: item.kind = item.kind.isYouTube ? .upcoming : item.kind
    case .unlisted: item.privacy = .unlisted
    case .private: item.privacy = .private
    case .manyChildren where item.kind == .carousel: item.children = (0..<20).map { $0 % 3 == 0 }
    case .ad where item.kind == .image: item.kind = .ad
    case .feedVideo where item.kind == .reel: item.kind = .feedVideo
    case .manyChildren, .ad, .feedVideo: break
    case .blankTitle: item.title = " \u{00A0}\u{3000} "
    case .formatting: item.title = "*bold* _it_ ~no~ zero\u{200B}width soft\u{00AD}hyphen"
    case .separators: item.tags = ["a,b", "c;d", "e|f", "{g}", "\"h\"", "i\\j"]
    case .noWords: (item.title, item.text) = ("", "")
    case .url: item.text = "https://example.com/?a=1&b=2#c mailto:a@example.com"
    }
  }
}

extension CatalogueItem.Kind {
  fileprivate var isYouTube: Bool { self == .video || self == .short }
}
