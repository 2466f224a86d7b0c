import JSON
import Postgres

/// A media as Instagram tells it, in the form that is stored.
enum InstagramMedia {
  static let fields =
    "id,caption,media_type,media_product_type,media_url,thumbnail_url,permalink,timestamp,"
    + "like_count,comments_count,children{id,media_type,media_url,thumbnail_url}"

  static func entry(_ media: JSON, isStory: Bool) -> ContentEntry {
    guard let id = media["id"]?.itemID else { return .unreadable(id: nil) }
    guard let published = media["timestamp"]?.moment, let type = media["media_type"]?.text else {
      return .unreadable(id: id)
    }
    let kind = isStory ? .story : kind(type, media["media_product_type"]?.text)
    var item = ContentItem(id: id, type: kind, publishedAt: published)
    let caption = media["caption"]?.text
    let url = ContentText.url(media["media_url"]?.text)
    item.url = ContentText.url(media["permalink"]?.text)
    item.title = ContentText.title(caption)
    item.description = ContentText.description(caption)
    item.mediaUrl = url
    item.likes = media["like_count"]?.count
    item.comments = media["comments_count"]?.count
    item.hashtags = ContentText.hashtags(in: caption)
    item.children = (media["children"]?["data"]?.elements ?? []).prefix(100).compactMap(child)
    item.thumbnailUrl =
      ContentText.url(media["thumbnail_url"]?.text) ?? (type == "VIDEO" ? nil : url)
      ?? item.children.first.map { $0.thumbnailUrl ?? $0.mediaUrl }
    return .item(item)
  }

  private static func kind(_ type: String, _ product: String?) -> ContentItem.Kind {
    switch (product, type) {
    case ("REELS", _): .reel
    case ("STORY", _): .story
    case ("FEED", "CAROUSEL_ALBUM"), (nil, "CAROUSEL_ALBUM"): .carousel
    case ("FEED", "IMAGE"), (nil, "IMAGE"): .image
    case ("FEED", "VIDEO"), (nil, "VIDEO"): .longVideo
    default: .post
    }
  }

  /// Nil for what is not shown, such as a part that infringes a copyright.
  private static func child(_ child: JSON) -> ContentItem.Media? {
    guard let url = ContentText.url(child["media_url"]?.text) else { return nil }
    return ContentItem.Media(
      mediaUrl: url,
      mediaType: child["media_type"]?.text == "VIDEO" ? "video" : "image",
      thumbnailUrl: ContentText.url(child["thumbnail_url"]?.text)
    )
  }
}
