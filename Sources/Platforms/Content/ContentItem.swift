package import Postgres

/// Something that was published, in the one form that is stored: an element of what
/// `internal.store_content` takes.
package struct ContentItem: Encodable, Sendable, Equatable {
  /// Slugs of the table `content_type`.
  package enum Kind: String, CaseIterable, Codable, Sendable {
    case longVideo = "long_video"
    case shortVideo = "short_video"
    case image
    case carousel
    case story
    case reel
    case post
  }

  package enum Visibility: String, Codable, Sendable {
    case `public`
    case `private`
    case unlisted
  }

  /// A picture or video of several.
  package struct Media: Encodable, Sendable, Equatable {
    package var mediaUrl: String
    /// `image` or `video`.
    package var mediaType: String
    package var thumbnailUrl: String?
  }

  /// The platform's own; with its platform, an item is stored once.
  package var id: String
  package var type: Kind
  package var url: String?
  package var title: String?
  package var description: String?
  package var thumbnailUrl: String?
  package var mediaUrl: String?
  package var embedHtml: String?
  package var durationSeconds: Int?
  /// Counts that the platform does not tell are nil, and what is stored stays.
  package var views: Int?
  package var likes: Int?
  package var comments: Int?
  package var shares: Int?
  package var tags: [String] = []
  package var hashtags: [String] = []
  package var categoryCode: String?
  package var language: String?
  package var publishedAt: Timestamp
  package var visibility: Visibility = .public
  package var children: [Media] = []

  package init(id: String, type: Kind, publishedAt: Timestamp) {
    self.id = id
    self.type = type
    self.publishedAt = publishedAt
  }
}
