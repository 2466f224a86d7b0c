import JSON
import Loop

/// YouTube's resources as JSON. Each says only the parts that are asked for.
@Loop
enum YouTubeResources {
  /// What a player must fit into.
  struct Box: Sendable {
    let width: Int?
    let height: Int?
  }

  nonisolated static let parts: [String: Set<String>] = [
    "channels": [
      "auditDetails", "brandingSettings", "contentDetails", "contentOwnerDetails", "id",
      "localizations", "snippet", "statistics", "status", "topicDetails",
    ],
    "playlistItems": ["contentDetails", "id", "snippet", "status"],
    "videos": [
      "contentDetails", "fileDetails", "id", "liveStreamingDetails", "localizations",
      "paidProductPlacementDetails", "player", "processingDetails", "recordingDetails", "snippet",
      "statistics", "status", "suggestions", "topicDetails",
    ],
  ]

  nonisolated static func picture(_ id: String) -> String { "https://yt3.ggpht.com/\(id)=s88" }

  // MARK: - Envelopes

  static func list(
    _ kind: String,
    _ items: [JSON],
    total: Int,
    perPage: Int,
    next: String? = nil,
    previous: String? = nil
  ) -> JSON {
    // A list without items may lack the member.
    let isChannels = kind == "channelListResponse"
    return enveloped(
      kind,
      [
        "nextPageToken": next.map { .string($0) }, "prevPageToken": previous.map { .string($0) },
        "pageInfo": ["totalResults": JSON(total), "resultsPerPage": JSON(perPage)],
        "items": isChannels && items.isEmpty ? nil : .array(items),
      ]
    )
  }

  /// With its kind and the ETag of what it holds, of whose items their own stand for them.
  static func enveloped(_ kind: String, _ members: KeyValuePairs<String, JSON?>) -> JSON {
    let held = JSON.members(members)
    guard case .object(let members) = held else { return .null }
    let etag = hash(Paging.changingItems(held) { $0.map { $0["etag"] ?? $0 } }.bytes)
    return .object(
      [.init("kind", .string("youtube#\(kind)")), .init("etag", .string(etag))] + members
    )
  }

  static func etag(of list: JSON) -> String {
    list["etag"]?.text ?? ""
  }

  /// In as many characters as YouTube's.
  private nonisolated static func hash(_ bytes: [UInt8]) -> String {
    var random = SeededRandom(seed: SeededRandom.seed(of: bytes))
    return random.text(27, of: SeededRandom.base64URL)
  }

  // MARK: - Resources

  static func channel(_ creator: Creator, _ parts: Set<String>, isOwner: Bool) -> JSON {
    let profile = creator.profile
    let born = Moment.zulu(creator.born)
    let snippet: JSON = [
      "title": .string(profile.name), "description": .string(profile.bio),
      "customUrl": .string("@\(profile.key)"), "publishedAt": .string(born),
      "thumbnails": thumbnails(
        picture(creator.ids.account),
        [("default", 88, 88), ("high", 800, 800)]
      ),
      "defaultLanguage": .string(profile.language), "country": "US",
    ]
    let statistics: JSON = [
      "viewCount": .digits(creator.viewCount), "videoCount": .digits(creator.count),
      "subscriberCount": .digits(profile.hidesFollowers ? 0 : rounded(profile.followers)),
      "hiddenSubscriberCount": .bool(profile.hidesFollowers),
    ]
    let playlists: JSON = ["likes": "", "uploads": .string(creator.ids.playlist("UU"))]
    let status: JSON = [
      "privacyStatus": "public", "isLinked": true, "longUploadsStatus": "allowed",
      "madeForKids": false,
    ]
    return resource(
      "channel",
      creator.ids.account,
      parts,
      [
        "snippet": snippet, "contentDetails": ["relatedPlaylists": playlists],
        "statistics": statistics, "status": status,
        "brandingSettings": ["channel": ["title": .string(profile.name)]],
      ]
    )
  }

  static func playlistItem(
    _ item: CatalogueItem,
    of creator: Creator,
    in playlist: String,
    _ position: Int,
    _ parts: Set<String>
  ) -> JSON {
    let video = creator.ids.item(item.index)
    let time = JSON.string(Moment.zulu(item.publishedAt))
    let name = JSON.string(creator.profile.name)
    let channel = JSON.string(creator.ids.account)
    let snippet: JSON = [
      "publishedAt": time, "channelId": channel, "title": .string(item.title),
      "description": .string(item.text), "thumbnails": thumbnails(of: item, video),
      "channelTitle": name, "playlistId": .string(playlist), "position": JSON(position),
      "resourceId": ["kind": "youtube#video", "videoId": .string(video)],
      "videoOwnerChannelTitle": name, "videoOwnerChannelId": channel,
    ]
    return resource(
      "playlistItem",
      "VVU\(creator.ids.account.dropFirst(2)).\(video)",
      parts,
      [
        "snippet": snippet,
        "contentDetails": .members([
          "videoId": .string(video),
          "videoPublishedAt": item.privacy == .private || item.kind == .upcoming ? nil : time,
        ]),
        "status": ["privacyStatus": .string(item.privacy.rawValue)],
      ]
    )
  }

  static func video(
    _ item: CatalogueItem,
    of creator: Creator,
    _ parts: Set<String>,
    isOwner: Bool,
    _ box: Box
  ) -> JSON {
    let id = creator.ids.item(item.index)
    return resource(
      "video",
      id,
      parts,
      [
        "snippet": snippet(of: item, creator), "contentDetails": details(of: item),
        "status": status(of: item), "statistics": counts(of: item, withFavorites: true),
        "player": parts.contains("player") ? player(of: item, id, box) : nil,
        "liveStreamingDetails": streaming(of: item),
        "fileDetails": isOwner ? file(of: item) : nil,
      ]
    )
  }

  static func statistics(
    _ item: CatalogueItem,
    of creator: Creator,
    _ parts: Set<String>
  ) -> JSON {
    resource(
      "video",
      creator.ids.item(item.index),
      parts,
      [
        "snippet": ["publishTime": .string(Moment.zulu(item.publishedAt))],
        "contentDetails": ["duration": .string(duration(of: item))],
        "statistics": counts(of: item, withFavorites: false),
      ]
    )
  }

  private static func resource(
    _ kind: String,
    _ id: String,
    _ parts: Set<String>,
    _ members: KeyValuePairs<String, JSON?>
  ) -> JSON {
    let wanted = members.compactMap { name, value in
      parts.contains(name) ? value.flatMap { $0 == .null ? nil : JSON.Member(name, $0) } : nil
    }
    return .object(
      [
        .init("kind", .string("youtube#\(kind)")),
        .init("etag", .string(hash(JSON.object(wanted).bytes + Array(id.utf8)))),
        .init("id", .string(id)),
      ] + wanted
    )
  }

  /// To three significant figures.
  private static func rounded(_ number: Int) -> Int {
    var unit = 1
    while number / unit >= 1000 { unit *= 10 }
    return number / unit * unit
  }
}
