import Crypto
import JSON
import Loop

/// One media as the graph tells it.
@Loop
struct InstagramMedia {
  private nonisolated static let storyLife = 86_400
  /// Seeded accounts tell a story at the start of each.
  private nonisolated static let storyInterval = 21_600
  /// Where the indices of seeded stories begin.
  private nonisolated static let firstStory = 9_000_000

  private let creator: Creator
  private let item: CatalogueItem

  init(_ creator: Creator, _ item: CatalogueItem) {
    self.creator = creator
    self.item = item
  }

  // MARK: - Stories

  /// Also the stories of the clock's day, which no list of media holds.
  static func item(_ index: Int, of creator: Creator, at now: Int) -> CatalogueItem? {
    guard index >= firstStory else { return creator.item(index) }
    return stories(of: creator, at: now).first { $0.index == index }
  }

  /// Those that are still told, the newest first.
  static func stories(of creator: Creator, at now: Int) -> [CatalogueItem] {
    var stories: [CatalogueItem] = []
    for position in 0..<creator.count {
      guard let item = creator.newest(position), item.publishedAt > now - storyLife else { break }
      if item.kind == .story { stories.append(item) }
    }
    guard creator.profile.size > 0 else { return stories }
    let slot = now / storyInterval
    for number in (slot - storyLife / storyInterval + 1...slot).reversed() {
      var story = CatalogueItem(
        index: firstStory + number,
        kind: .story,
        title: "",
        text: "",
        language: creator.profile.language,
        publishedAt: number * storyInterval
      )
      (story.width, story.height) = (1080, 1920)
      stories.append(story)
    }
    return stories
  }

  // MARK: - Fields

  /// What a creator wrote; nothing says what of it is a title.
  nonisolated static func caption(of item: CatalogueItem) -> String {
    [item.title, item.text].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// `media_type` and `media_product_type`.
  nonisolated static func types(of item: CatalogueItem) -> (media: String, product: String) {
    switch item.kind {
    case .image: ("IMAGE", "FEED")
    case .carousel: ("CAROUSEL_ALBUM", "FEED")
    case .feedVideo: ("VIDEO", "FEED")
    case .ad: ("IMAGE", "AD")
    case .story: (item.index % 2 == 0 ? "IMAGE" : "VIDEO", "STORY")
    case .reel, .video, .short, .live, .upcoming: ("VIDEO", "REELS")
    }
  }

  func json(_ fields: FieldSelection) throws(Refusal) -> JSON {
    var members: [JSON.Member] = []
    for (name, inner) in fields.fields {
      if let value = try value(name, inner), value != .null {
        members.append(JSON.Member(name, value))
      }
    }
    if !members.contains(where: { $0.name == "id" }) {
      members.append(JSON.Member("id", .string(id)))
    }
    return .object(members)
  }

  private var id: String { creator.ids.item(item.index) }

  private var shortcode: String {
    Base64URL.encode(Array(id.utf8.suffix(8)).span)
  }

  private func value(_ name: String, _ inner: FieldSelection?) throws(Refusal) -> JSON? {
    let types = Self.types(of: item)
    let caption = Self.caption(of: item)
    switch name {
    case "id": return .string(id)
    case "caption": return caption.isEmpty ? nil : .string(caption)
    case "media_type": return .string(types.media)
    case "media_product_type": return .string(types.product)
    case "media_url": return item.lacksMedia ? nil : url(types.media == "VIDEO" ? "mp4" : "jpg")
    case "thumbnail_url": return types.media == "VIDEO" ? url("thumb.jpg") : nil
    case "permalink":
      let kind = types.product == "REELS" ? "reel" : "p"
      return .string("https://www.instagram.com/\(kind)/\(shortcode)/")
    case "shortcode": return .string(shortcode)
    case "timestamp": return .string(Moment.offset(item.publishedAt))
    case "username": return .string(creator.profile.key)
    case "owner": return ["id": .string(creator.ids.account)]
    case "like_count": return item.hidesLikes ? nil : JSON(item.likes)
    case "comments_count": return JSON(item.hidesComments ? 0 : item.comments)
    case "is_comment_enabled": return .bool(!item.hidesComments)
    case "is_shared_to_feed": return types.product == "REELS" ? .bool(item.index % 2 == 0) : nil
    case "alt_text": return item.index % 5 == 0 ? .string(item.title) : nil
    case "legacy_instagram_media_id": return .string(String(3_000_000_000_000_000_000 + item.index))
    case "children":
      guard item.kind == .carousel else { return nil }
      return ["data": .array(try children(inner ?? .id))]
    default: throw InstagramFailure.noField(name, on: "Media")
    }
  }

  /// Signed, and of use for some days.
  private func url(_ ending: String, child: Int = 0) -> JSON {
    .string("https://scontent.example/\(creator.ids.item(item.index, child: child)).\(ending)?oh=1")
  }

  // MARK: - What hangs below

  func children(_ fields: FieldSelection) throws(Refusal) -> [JSON] {
    var nodes: [JSON] = []
    for number in item.children.indices { nodes.append(try child(number + 1, fields)) }
    return nodes
  }

  /// It has no caption, no link and no counts.
  ///
  /// - Parameter number: from 1.
  func child(_ number: Int, _ fields: FieldSelection) throws(Refusal) -> JSON {
    let isVideo = item.children[number - 1]
    let id = creator.ids.item(item.index, child: number)
    var members: [JSON.Member] = []
    for (name, _) in fields.fields {
      let value: JSON? =
        switch name {
        case "id": .string(id)
        case "media_type": isVideo ? "VIDEO" : "IMAGE"
        case "media_url": item.lacksMedia ? nil : url(isVideo ? "mp4" : "jpg", child: number)
        case "thumbnail_url": isVideo ? url("thumb.jpg", child: number) : nil
        case "timestamp": .string(Moment.offset(item.publishedAt))
        case "username": .string(creator.profile.key)
        case "owner": ["id": .string(creator.ids.account)]
        case "caption", "permalink", "like_count", "comments_count", "shortcode", "alt_text",
          "media_product_type", "is_comment_enabled", "is_shared_to_feed", "children",
          "legacy_instagram_media_id":
          nil
        default: throw InstagramFailure.noField(name, on: "Media")
        }
      if let value, value != .null { members.append(JSON.Member(name, value)) }
    }
    if !members.contains(where: { $0.name == "id" }) {
      members.append(JSON.Member("id", .string(id)))
    }
    return .object(members)
  }

  func insights(_ metrics: [String]) throws(Refusal) -> [JSON] {
    var nodes: [JSON] = []
    for metric in metrics {
      let value =
        switch metric {
        case "views": item.views
        case "reach": item.views * 4 / 5
        case "likes": item.likes
        case "comments": item.comments
        case "shares": item.shares
        case "saved": item.likes / 9
        case "total_interactions": item.likes + item.comments + item.shares
        default:
          throw InstagramFailure.parameter("metric[0] must be one of views, reach, likes, …")
        }
      nodes.append([
        "name": .string(metric), "period": "lifetime", "values": [["value": JSON(value)]],
        "title": .string(metric), "description": "",
        "id": .string("\(id)/insights/\(metric)/lifetime"),
      ])
    }
    return nodes
  }
}
