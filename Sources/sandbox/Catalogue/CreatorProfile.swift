/// Who a creator is. All else about one follows from this and from what was edited.
struct CreatorProfile: Sendable {
  enum State: String, Sendable, CaseIterable {
    case active
    /// The account is closed.
    case closed
    /// The account has no channel.
    case noChannel = "no-channel"
  }

  let platform: Platform
  /// How scripts name it; also its handle.
  let key: String
  var name: String
  let seed: UInt64
  /// How many items it has from the seed.
  let size: Int
  let shape: Shape
  /// BCP 47.
  let language: String
  var state = State.active
  var followers: Int
  var following: Int
  var hidesFollowers: Bool
  var bio: String

  init(
    _ platform: Platform,
    _ key: String,
    name: String? = nil,
    seed: UInt64? = nil,
    size: Int,
    shape: Shape = .mixed,
    language: String = "en",
    state: State = .active
  ) {
    self.platform = platform
    self.key = key
    self.name = name ?? Self.name(of: key)
    self.seed = seed ?? SeededRandom.seed(of: "\(platform.rawValue)/\(key)")
    self.size = size
    self.shape = shape
    self.language = language
    self.state = state
    var random = SeededRandom(seed: self.seed)
    followers = random.number(in: 0...(1 << random.number(in: 4...22)))
    following = random.number(in: 0...2000)
    hidesFollowers = shape == .hidden
    let phrases = Phrases.of(language)
    bio = "\(phrases.titles.first ?? "") \(phrases.things.first ?? "")"
  }

  var phrases: Phrases { Phrases.of(language) }

  /// `page-plus` as `Page Plus`.
  private static func name(of key: String) -> String {
    key.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }
      .joined(separator: " ")
  }

  /// Those that there are from the start.
  static func all(of platform: Platform) -> [CreatorProfile] {
    let page = platform == .tiktok ? 20 : 50
    var profiles = [
      CreatorProfile(platform, "ada", name: "Ada Lovelace", size: 60),
      CreatorProfile(platform, "empty", size: 0),
      CreatorProfile(platform, "one", size: 1),
      CreatorProfile(platform, "page", size: page),
      CreatorProfile(platform, "page-plus", size: page + 1, language: "fr"),
      CreatorProfile(platform, "large", size: 1200, language: "de"),
      CreatorProfile(platform, "huge", size: 20_000, language: "ja"),
      CreatorProfile(platform, "languages", name: "多言語 لغات", size: 120, shape: .languages),
      CreatorProfile(platform, "edges", name: "<Edge> & \"Case\" 🎉", size: 90, shape: .edges),
      CreatorProfile(platform, "shorts", size: 75, shape: .shorts, language: "ko"),
      CreatorProfile(platform, "live", size: 30, shape: .live, language: "es"),
      CreatorProfile(platform, "hidden", size: 25, shape: .hidden, language: "ru"),
      CreatorProfile(platform, "private", size: 45, shape: .private, language: "ar"),
      CreatorProfile(platform, "huge-ids", size: 40, shape: .hugeIDs, language: "zh"),
      CreatorProfile(platform, "closed", size: 10, state: .closed),
    ]
    if platform == .youtube {
      profiles.append(CreatorProfile(platform, "no-channel", size: 0, state: .noChannel))
    }
    return profiles
  }
}
