/// What sort of things a creator publishes.
enum Shape: String, Sendable, CaseIterable {
  case mixed
  /// Long videos alone; on Instagram pictures.
  case videos
  case shorts
  case live
  /// Public, unlisted and private by turns.
  case `private`
  /// No likes, no comments, no number of followers.
  case hidden
  /// A language after the other.
  case languages
  /// What is hard to read, store or show.
  case edges
  /// Ids of 20 digits and numbers beyond 2^53.
  case hugeIDs = "huge-ids"

  /// The item of that index, without its time.
  func item(_ index: Int, _ random: inout SeededRandom, _ creator: CreatorProfile) -> CatalogueItem
  {
    let phrases = self == .languages ? Phrases.all[index % Phrases.all.count] : creator.phrases
    var item = plain(index, phrases, &random, creator.platform)
    switch self {
    case .private: item.privacy = CatalogueItem.Privacy.allCases[index % 3]
    case .hidden:
      item.hidesLikes = true
      item.hidesComments = true
    case .edges: EdgeCase.apply(index, to: &item)
    case .hugeIDs:
      item.views = 9_007_199_254_740_993 + index
      item.likes = Int(Int32.max)
    default: break
    }
    return item
  }

  private func plain(
    _ index: Int,
    _ phrases: Phrases,
    _ random: inout SeededRandom,
    _ platform: Platform
  ) -> CatalogueItem {
    let title = random.element(of: phrases.titles) ?? ""
    let thing = random.element(of: phrases.things) ?? ""
    let tags = Array(phrases.tags.shuffled(using: &random).prefix(random.number(in: 0...3)))
    let marks = tags.map { "#\($0.filter { !$0.isWhitespace })" }.joined(separator: " ")
    var item = CatalogueItem(
      index: index,
      kind: kind(&random, platform),
      title: "\(title) \(thing) #\(index + 1)",
      text: "\(title) \(thing).\n\n\(marks)",
      tags: tags,
      language: phrases.language,
      publishedAt: 0
    )
    let order = 1 << random.number(in: 3...22)
    item.views = random.number(in: 0...order)
    item.likes = item.views / random.number(in: 8...40)
    item.comments = item.likes / random.number(in: 3...20)
    item.shares = item.likes / random.number(in: 5...50)
    switch item.kind {
    case .short, .reel:
      item.duration = random.number(in: 5...60)
      (item.width, item.height) = (1080, 1920)
    case .video, .feedVideo: item.duration = random.number(in: 61...7200)
    case .carousel: item.children = (0..<random.number(in: 2...10)).map { _ in random.happens(0.2) }
    case .story: (item.width, item.height) = (1080, 1920)
    case .live, .upcoming, .image, .ad: break
    }
    return item
  }

  private func kind(_ random: inout SeededRandom, _ platform: Platform) -> CatalogueItem.Kind {
    let roll = random.number(in: 0...99)
    switch platform {
    case .youtube:
      switch self {
      case .shorts: return .short
      case .live: return roll < 20 ? .live : roll < 40 ? .upcoming : .video
      case .videos: return .video
      default: return roll < 25 ? .short : .video
      }
    case .instagram:
      switch self {
      case .shorts: return .reel
      case .videos: return .image
      default: return roll < 40 ? .image : roll < 70 ? .reel : roll < 92 ? .carousel : .feedVideo
      }
    case .tiktok: return .short
    }
  }
}
