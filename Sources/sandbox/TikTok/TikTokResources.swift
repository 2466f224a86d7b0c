import JSON
import Loop

/// TikTok's people and videos as JSON.
@Loop
enum TikTokResources {
  private nonisolated static let textLimit = 150

  /// A field of a person and the scope that it needs; nil when there is no such field.
  static func user(_ field: String, _ creator: Creator) -> (scope: String, value: JSON)? {
    let profile = creator.profile
    let picture = "https://p16.example/avatar/\(creator.ids.person)"
    let (basic, more, stats) = (TikTok.basic, "user.info.profile", "user.info.stats")
    switch field {
    case "open_id": return (basic, .string(creator.ids.account))
    case "union_id": return (basic, .string(creator.ids.person))
    case "avatar_url": return (basic, .string("\(picture).jpeg"))
    case "avatar_url_100": return (basic, .string("\(picture)~100.jpeg"))
    case "avatar_large_url": return (basic, .string("\(picture)~1080.jpeg"))
    case "display_name": return (basic, .string(profile.name))
    case "bio_description": return (more, .string(profile.bio))
    case "profile_deep_link": return (more, .string("https://vm.tiktok.com/\(profile.key)"))
    case "is_verified": return (more, .bool(profile.seed % 3 == 0))
    case "username": return (more, .string(profile.key))
    case "follower_count": return (stats, JSON(profile.followers))
    case "following_count": return (stats, JSON(profile.following))
    case "likes_count": return (stats, JSON(creator.viewCount / 9))
    case "video_count": return (stats, JSON(creator.count))
    default: return nil
    }
  }

  static func video(
    _ item: CatalogueItem,
    of creator: Creator,
    _ fields: [String]
  ) throws(Refusal) -> JSON {
    let id = creator.ids.item(item.index)
    var members: [JSON.Member] = []
    for field in fields {
      let value: JSON =
        switch field {
        case "id": .string(id)
        case "create_time": JSON(item.publishedAt)
        case "title": .string(cut(item.title))
        case "video_description": .string(cut(item.text))
        case "duration": JSON(item.duration)
        case "width": JSON(item.width)
        case "height": JSON(item.height)
        // Signed, and of use for six hours.
        case "cover_image_url":
          .string(item.lacksMedia ? "" : "https://p16.example/\(id).jpeg?x-expires=1")
        case "share_url":
          .string("https://www.tiktok.com/@\(creator.profile.key)/video/\(id)")
        case "embed_link": .string("https://www.tiktok.com/embed/v2/\(id)")
        case "embed_html": .string("<blockquote class=\"tiktok-embed\" data-video-id=\"\(id)\">")
        case "like_count": JSON(item.hidesLikes ? 0 : item.likes)
        case "comment_count": JSON(item.hidesComments ? 0 : item.comments)
        case "share_count": JSON(item.shares)
        case "view_count": JSON(item.views)
        case "is_aigc": .bool(item.index % 7 == 0)
        default: throw Refusal(.tiktok, "invalid_params")
        }
      if !members.contains(where: { $0.name == field }) {
        members.append(JSON.Member(field, value))
      }
    }
    return .object(members)
  }

  private static func cut(_ text: String) -> String { String(text.prefix(textLimit)) }
}
