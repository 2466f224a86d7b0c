import JSON
import Postgres

/// A video as TikTok tells it, in the form that is stored.
enum TikTokVideo {
  static let fields =
    "id,create_time,cover_image_url,share_url,video_description,duration,height,width,title,"
    + "embed_link,like_count,comment_count,share_count,view_count"

  static func entry(_ video: JSON) -> ContentEntry {
    guard let id = video["id"]?.itemID else { return .unreadable(id: nil) }
    guard let created = video["create_time"]?.integer, (0...253_402_300_799).contains(created)
    else {
      return .unreadable(id: id)
    }
    var item = ContentItem(
      id: id,
      type: .shortVideo,
      publishedAt: Timestamp(unixSeconds: created)
    )
    let title = video["title"]?.text
    let description = video["video_description"]?.text
    item.url = ContentText.url(video["share_url"]?.text)
    item.title = ContentText.title(title) ?? ContentText.title(description)
    item.description = ContentText.description(description)
    item.thumbnailUrl = ContentText.url(video["cover_image_url"]?.text)
    item.embedHtml = player(video["embed_link"]?.text)
    item.durationSeconds = video["duration"]?.count.flatMap { $0 <= Int(Int32.max) ? $0 : nil }
    item.views = video["view_count"]?.count
    item.likes = video["like_count"]?.count
    item.comments = video["comment_count"]?.count
    item.shares = video["share_count"]?.count
    item.hashtags = ContentText.hashtags(in: title, description)
    return .item(item)
  }

  /// Ours, not the platform's: nobody else's HTML is stored.
  private static func player(_ link: String?) -> String? {
    guard let url = ContentText.url(link), url.hasPrefix("https://www.tiktok.com/embed/"),
      !url.utf8.contains(UInt8(ascii: "'")), !url.utf8.contains(UInt8(ascii: "&"))
    else { return nil }
    return "<iframe src=\"\(url)\" allowfullscreen></iframe>"
  }
}
