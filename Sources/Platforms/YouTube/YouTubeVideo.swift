import JSON
import Postgres

/// A video as YouTube tells it, in the form that is stored.
enum YouTubeVideo {
  static let parts = "id,snippet,contentDetails,statistics,status,player"

  /// Before that day a short had a minute at most, from then on three.
  private static let longerShorts = Timestamp(unixSeconds: 1_728_950_400)

  /// - Parameter ids: what was asked for; any other video is none of the page.
  static func entry(_ video: JSON, among ids: [String]) -> ContentEntry {
    guard let id = video["id"]?.itemID, ids.contains(id) else { return .unreadable(id: nil) }
    guard let snippet = video["snippet"], let published = snippet["publishedAt"]?.moment,
      let title = snippet["title"]?.text
    else { return .unreadable(id: id) }
    switch snippet["liveBroadcastContent"]?.text {
    case "live", "upcoming": return .waiting(id: id)
    default: break
    }
    let status = video["status"]
    switch status?["uploadStatus"]?.text {
    case "failed", "rejected", "deleted": return .waiting(id: id)
    default: break
    }

    let duration = video["contentDetails"]?["duration"]?.text.flatMap(seconds)
    let isShort = isShort(video, duration, published)
    let statistics = video["statistics"]
    var item = ContentItem(
      id: id,
      type: isShort ? .shortVideo : .longVideo,
      publishedAt: published
    )
    item.url =
      isShort ? "https://www.youtube.com/shorts/\(id)" : "https://www.youtube.com/watch?v=\(id)"
    item.title = ContentText.title(title)
    item.description = ContentText.description(snippet["description"]?.text)
    item.thumbnailUrl = thumbnail(snippet["thumbnails"])
    if status?["embeddable"] != false { item.embedHtml = player(id) }
    item.durationSeconds = duration
    item.views = statistics?["viewCount"]?.count
    item.likes = statistics?["likeCount"]?.count
    item.comments = statistics?["commentCount"]?.count
    item.tags = ContentText.tags((snippet["tags"]?.elements ?? []).compactMap(\.text))
    item.hashtags = ContentText.hashtags(in: title, snippet["description"]?.text)
    item.categoryCode = categories[snippet["categoryId"]?.scalar ?? ""]
    item.language = ContentText.language(
      (snippet["defaultAudioLanguage"] ?? snippet["defaultLanguage"])?.text
    )
    // Whatever is neither is shown to nobody.
    switch status?["privacyStatus"]?.text {
    case "public": item.visibility = .public
    case "unlisted": item.visibility = .unlisted
    default: item.visibility = .private
    }
    return .item(item)
  }

  /// Upright or square, and no longer than a short may be. The API does not say it: a thumbnail of
  /// that shape does, or the player's; where neither is told, a minute at most.
  private static func isShort(_ video: JSON, _ duration: Int?, _ published: Timestamp) -> Bool {
    guard let duration, duration > 0 else { return false }
    let limit = published < longerShorts ? 60 : 180
    if video["snippet"]?["thumbnails"]?["shortsAspectRatio"] != nil { return duration <= limit }
    if let width = video["player"]?["embedWidth"]?.count,
      let height = video["player"]?["embedHeight"]?.count, height > 0
    {
      return width <= height && duration <= limit
    }
    return duration <= 60
  }

  private static func thumbnail(_ thumbnails: JSON?) -> String? {
    for size in ["maxres", "standard", "high", "medium", "default"] {
      if let url = ContentText.url(thumbnails?[size]?["url"]?.text) { return url }
    }
    return nil
  }

  /// Ours, not the platform's: nobody else's HTML is stored. An id that needs escaping is none.
  private static func player(_ id: String) -> String? {
    guard id.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isPartOfID }) else { return nil }
    return "<iframe src=\"https://www.youtube.com/embed/\(id)\" allowfullscreen></iframe>"
  }

  /// ISO 8601 as YouTube writes durations: `PT4M13S`, `P1DT2H`, `P0D`.
  static func seconds(_ text: String) -> Int? {
    guard text.hasPrefix("P"), text.utf8.count > 2 else { return nil }
    var total = 0
    var number: Int?
    var units: [Character: Int] = ["W": 604_800, "D": 86_400]
    for character in text.dropFirst() {
      if character == "T" {
        units = ["H": 3600, "M": 60, "S": 1]
      } else if let digit = character.wholeNumberValue, character.isASCII {
        guard (number ?? 0) < 100_000_000 else { return nil }
        number = (number ?? 0) * 10 + digit
      } else {
        guard let unit = units[character], let value = number else { return nil }
        total += value * unit
        number = nil
      }
    }
    return number == nil && total <= Int(Int32.max) ? total : nil
  }

  /// YouTube's categories of videos, as far as they are one of ours.
  private static let categories = [
    "1": "entertainment", "2": "other", "10": "music", "15": "lifestyle", "17": "fitness",
    "19": "lifestyle", "20": "gaming", "22": "lifestyle", "23": "comedy", "24": "entertainment",
    "25": "news", "26": "lifestyle", "27": "education", "28": "tech", "29": "other",
  ]
}

extension Character {
  fileprivate var isPartOfID: Bool {
    isASCII && (isLetter || isNumber || self == "-" || self == "_")
  }
}
