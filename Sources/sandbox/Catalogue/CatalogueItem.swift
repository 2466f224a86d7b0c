import JSON

/// Something that a creator has published, as all platforms see it; each answers it in its form.
struct CatalogueItem: Sendable, Equatable {
  enum Kind: String, Sendable, CaseIterable {
    case video
    case short
    case live
    case upcoming
    case image
    case carousel
    case reel
    /// Instagram's videos from before there were reels.
    case feedVideo = "feed_video"
    case ad
    case story
  }

  enum Privacy: String, Sendable, CaseIterable { case `public`, unlisted, `private` }

  /// Among its creator's, the oldest seeded one being 0.
  var index: Int
  var kind: Kind
  var title: String
  /// A description; on Instagram the caption.
  var text: String
  var tags: [String] = []
  var language: String
  /// Seconds since 1970.
  var publishedAt: Int
  /// In seconds.
  var duration = 0
  var width = 1920
  var height = 1080
  var views = 0
  var likes = 0
  var comments = 0
  var shares = 0
  var privacy = Privacy.public
  /// The owner shows nobody how many like it.
  var hidesLikes = false
  /// Comments are closed.
  var hidesComments = false
  /// Its picture is withheld, as for a claim of copyright.
  var lacksMedia = false
  /// Whether each child of a carousel is a video.
  var children: [Bool] = []
}

/// What was changed of an item after it was made from the seed.
struct ItemEdit: Sendable, Equatable {
  var kind: CatalogueItem.Kind?
  var title: String?
  var text: String?
  var tags: [String]?
  var publishedAt: Int?
  var duration: Int?
  var views: Int?
  var likes: Int?
  var comments: Int?
  var shares: Int?
  var privacy: CatalogueItem.Privacy?
  var hidesLikes: Bool?
  var hidesComments: Bool?
  var lacksMedia: Bool?
  var children: [Bool]?
  var isDeleted: Bool?

  /// These changes, and of `older` what they leave alone.
  func over(_ older: ItemEdit) -> ItemEdit {
    ItemEdit(
      kind: kind ?? older.kind,
      title: title ?? older.title,
      text: text ?? older.text,
      tags: tags ?? older.tags,
      publishedAt: publishedAt ?? older.publishedAt,
      duration: duration ?? older.duration,
      views: views ?? older.views,
      likes: likes ?? older.likes,
      comments: comments ?? older.comments,
      shares: shares ?? older.shares,
      privacy: privacy ?? older.privacy,
      hidesLikes: hidesLikes ?? older.hidesLikes,
      hidesComments: hidesComments ?? older.hidesComments,
      lacksMedia: lacksMedia ?? older.lacksMedia,
      children: children ?? older.children,
      isDeleted: isDeleted ?? older.isDeleted
    )
  }

  func apply(to item: inout CatalogueItem) {
    item.kind = kind ?? item.kind
    item.title = title ?? item.title
    item.text = text ?? item.text
    item.tags = tags ?? item.tags
    item.publishedAt = publishedAt ?? item.publishedAt
    item.duration = duration ?? item.duration
    item.views = views ?? item.views
    item.likes = likes ?? item.likes
    item.comments = comments ?? item.comments
    item.shares = shares ?? item.shares
    item.privacy = privacy ?? item.privacy
    item.hidesLikes = hidesLikes ?? item.hidesLikes
    item.hidesComments = hidesComments ?? item.hidesComments
    item.lacksMedia = lacksMedia ?? item.lacksMedia
    item.children = children ?? item.children
    if item.kind == .carousel, item.children.isEmpty { item.children = [false, false] }
    if item.kind != .carousel { item.children = [] }
  }
}
