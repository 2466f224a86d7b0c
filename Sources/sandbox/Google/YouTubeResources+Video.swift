import JSON

/// The parts of a video.
extension YouTubeResources {
  static func snippet(of item: CatalogueItem, _ creator: Creator) -> JSON {
    let broadcast =
      switch item.kind {
      case .live: "live"
      case .upcoming: "upcoming"
      default: "none"
      }
    return .members([
      "publishedAt": .string(Moment.zulu(item.publishedAt)),
      "channelId": .string(creator.ids.account), "title": .string(item.title),
      "description": .string(item.text),
      "thumbnails": thumbnails(of: item, creator.ids.item(item.index)),
      "channelTitle": .string(creator.profile.name),
      "tags": item.tags.isEmpty ? nil : JSON(item.tags), "categoryId": "22",
      "liveBroadcastContent": .string(broadcast), "defaultLanguage": .string(item.language),
      "localized": ["title": .string(item.title), "description": .string(item.text)],
      "defaultAudioLanguage": .string(item.language),
    ])
  }

  static func details(of item: CatalogueItem) -> JSON {
    [
      "duration": .string(duration(of: item)), "dimension": "2d", "definition": "hd",
      "caption": item.index % 3 == 0 ? "true" : "false", "licensedContent": false,
      "contentRating": [:], "projection": "rectangular", "hasCustomThumbnail": true,
    ]
  }

  static func status(of item: CatalogueItem) -> JSON {
    [
      "uploadStatus": .string(
        item.kind == .live || item.kind == .upcoming ? "uploaded" : "processed"
      ),
      "privacyStatus": .string(item.privacy.rawValue), "license": "youtube", "embeddable": true,
      "publicStatsViewable": .bool(!item.hidesLikes), "madeForKids": false,
      "containsSyntheticMedia": false,
    ]
  }

  static func counts(of item: CatalogueItem, withFavorites: Bool) -> JSON {
    .members([
      "viewCount": .digits(item.views), "likeCount": item.hidesLikes ? nil : .digits(item.likes),
      "favoriteCount": withFavorites ? "0" : nil,
      "commentCount": item.hidesComments ? nil : .digits(item.comments),
    ])
  }

  static func streaming(of item: CatalogueItem) -> JSON? {
    switch item.kind {
    case .live:
      ["actualStartTime": .string(Moment.zulu(item.publishedAt)), "concurrentViewers": "12"]
    case .upcoming: ["scheduledStartTime": .string(Moment.zulu(item.publishedAt + 3650 * 86_400))]
    default: nil
    }
  }

  static func player(of item: CatalogueItem, _ id: String, _ box: Box) -> JSON {
    var size: (width: Int, height: Int)?
    if let height = box.height { size = (height * item.width / item.height, height) }
    if let width = box.width, size.map({ $0.width > width }) ?? true {
      size = (width, width * item.height / item.width)
    }
    return .members([
      "embedHtml": .string("<iframe src=\"//www.youtube.com/embed/\(id)\"></iframe>"),
      "embedHeight": size.map { .digits($0.height) }, "embedWidth": size.map { .digits($0.width) },
    ])
  }

  static func file(of item: CatalogueItem) -> JSON {
    let stream: JSON = [
      "widthPixels": JSON(item.width), "heightPixels": JSON(item.height),
      "aspectRatio": .number("\(Double(item.width) / Double(item.height))"), "codec": "h264",
      "rotation": "none",
    ]
    return [
      "fileName": .string("\(item.index).mp4"), "fileType": "video",
      "videoStreams": .array([stream]), "durationMs": .digits(item.duration * 1000),
    ]
  }

  /// ISO 8601: `PT4M13S`; nothing yet of what is live, nothing at all of what is to come.
  static func duration(of item: CatalogueItem) -> String {
    switch item.kind {
    case .live: return "PT0S"
    case .upcoming: return "P0D"
    default: break
    }
    let (days, hours) = (item.duration / 86_400, item.duration / 3600 % 24)
    let (minutes, seconds) = (item.duration / 60 % 60, item.duration % 60)
    var clock = hours > 0 ? "\(hours)H" : ""
    clock += minutes > 0 ? "\(minutes)M" : ""
    clock += seconds > 0 ? "\(seconds)S" : ""
    let date = days > 0 ? "P\(days)D" : "P"
    return clock.isEmpty ? (days > 0 ? date : "PT0S") : "\(date)T\(clock)"
  }

  static func thumbnails(of item: CatalogueItem, _ id: String) -> JSON {
    let address = "https://i.ytimg.com/vi/\(id)"
    var sizes = [("default", 120, 90), ("medium", 320, 180), ("high", 480, 360)]
    if item.index % 4 != 0 { sizes += [("standard", 640, 480), ("maxres", 1280, 720)] }
    if item.kind == .short { sizes.append(("shortsAspectRatio", 1080, 1920)) }
    return item.lacksMedia ? [:] : thumbnails(address, sizes)
  }

  static func thumbnails(_ address: String, _ sizes: [(String, Int, Int)]) -> JSON {
    .object(
      sizes.map { name, width, height in
        JSON.Member(
          name,
          [
            "url": .string("\(address)/\(name).jpg"), "width": JSON(width), "height": JSON(height),
          ]
        )
      }
    )
  }
}
