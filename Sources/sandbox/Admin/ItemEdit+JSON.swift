import JSON
import Loop

extension ItemEdit {
  private static let members: Set<String> = [
    "kind", "title", "description", "caption", "tags", "published_at", "duration", "views", "likes",
    "comments", "shares", "privacy", "hides_likes", "hides_comments", "lacks_media", "children",
    "deleted",
  ]

  /// - Parameter platform: on Instagram a caption is all that there is of title and description.
  init(_ json: JSON, on platform: Platform) throws(Refusal) {
    try json.check(Self.members)
    kind = try json.option(of: "kind", as: CatalogueItem.Kind.self)
    title = try json.text(of: "title")
    text = try json.text(of: "description")
    if let caption = try json.text(of: "caption") { (title, text) = ("", caption) }
    tags = try json.texts(of: "tags")
    publishedAt = try json.time(of: "published_at")
    duration = try json.whole(of: "duration", in: 0...10_000_000)
    views = try json.whole(of: "views")
    likes = try json.whole(of: "likes")
    comments = try json.whole(of: "comments")
    shares = try json.whole(of: "shares")
    privacy = try json.option(of: "privacy", as: CatalogueItem.Privacy.self)
    hidesLikes = try json.flag(of: "hides_likes")
    hidesComments = try json.flag(of: "hides_comments")
    lacksMedia = try json.flag(of: "lacks_media")
    children = try json.texts(of: "children").map { $0.map { $0 == "video" } }
    isDeleted = try json.flag(of: "deleted")
  }
}

extension Creator {
  /// As tests see it.
  var json: JSON {
    .members([
      "key": .string(profile.key), "name": .string(profile.name),
      "account_id": .string(ids.account),
      "person_id": .string(ids.person),
      "uploads_playlist": profile.platform == .youtube ? .string(ids.playlist("UU")) : .null,
      "items": JSON(count), "shape": .string(profile.shape.rawValue),
      "language": .string(profile.language), "state": .string(profile.state.rawValue),
      "followers": JSON(profile.followers), "following": JSON(profile.following),
      "hides_followers": .bool(profile.hidesFollowers), "bio": .string(profile.bio),
    ])
  }

  /// What is true of an item, whatever its platform says of it.
  func json(of item: CatalogueItem) -> JSON {
    let isInstagram = profile.platform == .instagram
    return .members([
      "id": .string(ids.item(item.index)), "kind": .string(item.kind.rawValue),
      "title": .string(item.title), "description": .string(item.text),
      "caption": isInstagram ? .string(InstagramMedia.caption(of: item)) : .null,
      "tags": JSON(item.tags), "language": .string(item.language),
      "published_at": .string(Moment.zulu(item.publishedAt)), "duration": JSON(item.duration),
      "views": JSON(item.views), "likes": JSON(item.likes), "comments": JSON(item.comments),
      "shares": JSON(item.shares), "privacy": .string(item.privacy.rawValue),
      "hides_likes": .bool(item.hidesLikes), "hides_comments": .bool(item.hidesComments),
      "lacks_media": .bool(item.lacksMedia),
      "children": .array(item.children.map { $0 ? "video" : "image" }),
      "child_ids": isInstagram
        ? JSON(item.children.indices.map { ids.item(item.index, child: $0 + 1) }) : .null,
      "deleted": .bool(isDeleted(item.index)),
    ])
  }
}
