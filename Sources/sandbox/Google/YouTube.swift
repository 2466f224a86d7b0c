import Crypto
import HTTP
import JSON
import Loop

/// YouTube's Data API, version 3.
@Loop
final class YouTube: Emulator {
  private nonisolated static let idLimit = 50
  private nonisolated static let pageLimit = 50
  private nonisolated static let pageDefault = 5
  /// The playlist of uploads ends here, however many there are.
  private nonisolated static let listLimit = 20_000

  let units: YouTubeUnits
  private unowned let world: World

  init(_ world: World) {
    self.world = world
    units = YouTubeUnits(world.clock, world.switches)
  }

  func reset() {
    units.reset()
  }

  func answer(_ visit: Visit) async throws(Refusal) -> Response? {
    guard visit.segments.count == 4, visit.segments.prefix(3) == ["gapi", "youtube", "v3"] else {
      return nil
    }
    let list: (Visit, Creator?) throws(Refusal) -> JSON
    switch visit.segments[3] {
    case "channels": list = channels
    case "playlistItems": list = playlistItems
    case "videos": list = videos
    case "videos:batchGetStats": list = statistics
    default: return nil
    }
    return await world.play(.youtube, visit, .api) { () throws(Refusal) in
      try visit.require(.get, .head)
      let caller = try caller(visit)
      try units.spend(visit.segments[3] == "videos:batchGetStats" ? .statistics : .units)
      return try respond(list(visit, caller), visit)
    }
  }

  /// With its ETag, cut down to the fields that are asked for.
  private func respond(_ list: JSON, _ visit: Visit) throws(Refusal) -> Response {
    var json = list
    if let fields = visit.query["fields"] {
      guard let selection = PartialResponse(fields) else {
        throw YouTubeFailure.invalid("fields", "invalidParameter", "Invalid field selection")
      }
      json = selection.apply(to: list)
    }
    let etag = YouTubeResources.etag(of: list)
    var response = Response(json)
    if visit.request.header("if-none-match").map({ $0.contains(etag) }) ?? false {
      response = Response(status: 304)
    }
    response.headers.append(("etag", "\"\(etag)\""))
    response.headers.append(("vary", "Origin, X-Origin, Referer"))
    return response
  }

  // MARK: - Who asks

  /// Nil for an application that asks with its key.
  private func caller(_ visit: Visit) throws(Refusal) -> Creator? {
    guard let text = visit.bearer ?? visit.query["access_token"] else {
      guard visit.query["key"] != nil else { throw Refusal(.youtube, "expired_token") }
      return nil
    }
    guard case .valid(let token) = world.google.grants.state(of: text), token.kind == .access,
      let creator = world.catalogue.creator(token.creator, on: .youtube)
    else { throw Refusal(.youtube, "expired_token") }
    guard token.scopes.contains(where: Google.channelScopes.contains) else {
      throw Refusal(.youtube, "insufficientPermissions")
    }
    if creator.profile.state == .closed {
      throw Refusal(.youtube, "authenticatedUserAccountClosed")
    }
    return creator
  }

  // MARK: - Lists

  private func channels(_ visit: Visit, _ caller: Creator?) throws(Refusal) -> JSON {
    let parts = try parts(visit)
    var found: [Creator] = []
    if visit.query["mine"] == "true" {
      guard let caller else { throw Refusal(.youtube, "expired_token") }
      found = caller.profile.state == .noChannel ? [] : [caller]
    } else if visit.query.has("id") {
      found = try ids(visit).compactMap { world.catalogue.creator($0, on: .youtube) }
    } else if let handle = visit.query["forHandle"] {
      let key = handle.hasPrefix("@") ? String(handle.dropFirst()) : handle
      found = [world.catalogue.creator(key, on: .youtube)].compactMap(\.self)
    } else {
      throw YouTubeFailure.noFilter("mine, id, forHandle")
    }
    found = found.filter { $0.profile.state == .active }
    let items = found.map { YouTubeResources.channel($0, parts, isOwner: $0 === caller) }
    return YouTubeResources.list(
      "channelListResponse",
      items,
      total: items.count,
      perPage: visit.query["mine"] == "true" ? max(items.count, 1) : Self.pageDefault
    )
  }

  private func playlistItems(_ visit: Visit, _ caller: Creator?) throws(Refusal) -> JSON {
    let parts = try parts(visit)
    guard let playlist = visit.query["playlistId"] else {
      throw YouTubeFailure.noFilter("id, playlistId")
    }
    guard let (creator, takes) = owner(of: playlist) else {
      throw Refusal(.youtube, "playlistNotFound")
    }
    let size = try pageSize(visit)
    var position = 0
    if let token = visit.query["pageToken"] {
      guard let offset = PageToken.offset(of: token), offset <= creator.count else {
        throw Refusal(.youtube, "invalidPageToken")
      }
      position = offset
    }
    let start = position
    var items: [JSON] = []
    let end = min(creator.count, Self.listLimit)
    while position < end, items.count < size, let item = creator.newest(position) {
      if takes(item), item.privacy == .public || creator === caller {
        items.append(
          YouTubeResources.playlistItem(item, of: creator, in: playlist, position, parts)
        )
      }
      position += 1
    }
    return YouTubeResources.list(
      "playlistItemListResponse",
      items,
      total: end,
      perPage: size,
      next: position < end ? PageToken.text(of: position) : nil,
      previous: start > 0 ? PageToken.text(of: max(0, start - size)) : nil
    )
  }

  /// Whose uploads a playlist lists, and which of them; a channel that never uploaded has none.
  private func owner(
    of playlist: String
  ) -> (Creator, takes: (CatalogueItem) -> Bool)? {
    let kinds: [(String, (CatalogueItem) -> Bool)] = [
      ("UUSH", { $0.kind == .short }), ("UULF", { $0.kind == .video }),
      ("UULV", { $0.kind == .live || $0.kind == .upcoming }), ("UU", { _ in true }),
    ]
    for (prefix, takes) in kinds where playlist.hasPrefix(prefix) {
      let channel = "UC" + playlist.dropFirst(prefix.count)
      if let creator = world.catalogue.creator(channel, on: .youtube),
        creator.profile.state != .noChannel, creator.made > 0
      {
        return (creator, takes)
      }
    }
    return nil
  }

  private func videos(_ visit: Visit, _ caller: Creator?) throws(Refusal) -> JSON {
    let parts = try parts(visit)
    guard visit.query.has("id") else { throw YouTubeFailure.noFilter("id, chart, myRating") }
    let box = try YouTubeResources.Box(
      width: visit.number("maxWidth", in: 72...8192),
      height: visit.number("maxHeight", in: 72...8192)
    )
    let items = try seen(by: caller, ids(visit)).map { creator, item in
      YouTubeResources.video(item, of: creator, parts, isOwner: creator === caller, box)
    }
    return YouTubeResources.list(
      "videoListResponse",
      items,
      total: items.count,
      perPage: items.count
    )
  }

  private func statistics(_ visit: Visit, _ caller: Creator?) throws(Refusal) -> JSON {
    let wanted = visit.query.list("part")
    let parts = Set(wanted.isEmpty ? ["id", "statistics"] : wanted)
    let items = try seen(by: caller, ids(visit)).map { creator, item in
      YouTubeResources.statistics(item, of: creator, parts)
    }
    return YouTubeResources.enveloped("batchGetStatsResponse", ["items": .array(items)])
  }

  /// Each once, in the order of the ids; what is gone, or private and somebody else's, is left out.
  private func seen(by caller: Creator?, _ ids: [String]) -> [(Creator, CatalogueItem)] {
    var known: Set<String> = []
    return ids.compactMap { id in
      guard known.insert(id).inserted,
        let (creator, index, _) = world.catalogue.find(item: id, on: .youtube),
        !creator.isDeleted(index), let item = creator.item(index),
        item.privacy != .private || creator === caller
      else { return nil }
      return (creator, item)
    }
  }

  // MARK: - Parameters

  private func parts(_ visit: Visit) throws(Refusal) -> Set<String> {
    let parts = visit.query.list("part")
    guard !parts.isEmpty else { throw YouTubeFailure.missing("part") }
    let known = YouTubeResources.parts[visit.segments[3]] ?? []
    if let unknown = parts.first(where: { !known.contains($0) }) {
      throw YouTubeFailure.invalid("part", "unknownPart", "'\(unknown)'")
    }
    return Set(parts)
  }

  private func ids(_ visit: Visit) throws(Refusal) -> [String] {
    let ids = visit.query.list("id")
    guard ids.count <= Self.idLimit else {
      throw YouTubeFailure.invalid("id", "invalidFilters", "more than \(Self.idLimit) ids")
    }
    return ids
  }

  private func pageSize(_ visit: Visit) throws(Refusal) -> Int {
    guard let text = visit.query["maxResults"] else { return Self.pageDefault }
    guard let number = Int(text), (0...Self.pageLimit).contains(number) else {
      throw YouTubeFailure.invalid("maxResults", "invalidParameter", "'\(text)', from 0 to 50")
    }
    return number == 0 ? Self.pageDefault : number
  }
}
