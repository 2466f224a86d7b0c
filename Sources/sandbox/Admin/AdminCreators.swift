import HTTP
import JSON
import Loop

/// `/admin/creators/<platform>/<key>/items/<id>`: who publishes what.
@Loop
final class AdminCreators {
  private nonisolated static let batchLimit = 20_000
  private nonisolated static let sizeLimit = 1_000_000
  private nonisolated static let creatorMembers: Set<String> = [
    "key", "name", "seed", "size", "shape", "language",
  ]

  private unowned let world: World
  private let removal: Removal

  init(_ world: World) {
    self.world = world
    removal = Removal(world)
  }

  static func platform(_ name: String) throws(Refusal) -> Platform {
    guard let platform = Platform(rawValue: name) else {
      throw Refusal(404, "there is no platform '\(name)'")
    }
    return platform
  }

  /// - Parameter path: what follows `creators`.
  func answer(_ visit: Visit, _ path: [String]) async throws(Refusal) -> Response? {
    guard let first = path.first else {
      try visit.require(.get, .head)
      return Response(
        .object(Platform.allCases.map { .init($0.rawValue, list(of: $0)) })
      )
    }
    let platform = try Self.platform(first)
    if path.count == 1 {
      try visit.require(.get, .head, .post)
      if visit.request.method == .post { return try await create(visit, on: platform) }
      return Response(list(of: platform))
    }
    guard let creator = world.catalogue.creator(path[1], on: platform) else {
      throw Refusal(404, "\(platform.title) has no creator '\(path[1])'")
    }
    switch path.count {
    case 2: return try await one(visit, creator)
    case 3 where path[2] == "items":
      try visit.require(.get, .head, .post)
      if visit.request.method == .post { return try await publish(visit, creator) }
      return try items(visit, creator)
    case 3 where path[2] == "remove-authorization":
      try visit.require(.post)
      return try await removal.answer(visit, creator)
    case 4 where path[2] == "items": return try await item(visit, creator, path[3])
    default: return nil
    }
  }

  // MARK: - Creators

  private func list(of platform: Platform) -> JSON {
    .array(world.catalogue.all(of: platform).map(\.json))
  }

  private func create(_ visit: Visit, on platform: Platform) async throws(Refusal) -> Response {
    let json = try await visit.json()
    try json.check(Self.creatorMembers)
    guard let key = try json.text(of: "key"), !key.isEmpty, key.utf8.count <= 64,
      key.utf8.allSatisfy({ $0 == 0x2D || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
      )
    else { throw Refusal(422, "key must be of a-z, 0-9 and -") }
    guard world.catalogue.creator(key, on: platform) == nil else {
      throw Refusal(409, "\(platform.title) has a creator '\(key)'")
    }
    let creator = world.catalogue.add(
      CreatorProfile(
        platform,
        key,
        name: try json.text(of: "name"),
        seed: try json.whole(of: "seed").map { UInt64($0) },
        size: try json.whole(of: "size", in: 0...Self.sizeLimit) ?? 0,
        shape: try json.option(of: "shape", as: Shape.self) ?? .mixed,
        language: try json.text(of: "language") ?? "en"
      )
    )
    return Response(creator.json, status: 201)
  }

  private func one(_ visit: Visit, _ creator: Creator) async throws(Refusal) -> Response {
    try visit.require(.get, .head, .patch, .delete)
    switch visit.request.method {
    case .patch: try edit(creator, await visit.json())
    case .delete:
      world.catalogue.remove(creator)
      _ = world.state(of: creator.profile.platform).grants.remove(creator.profile.key)
    default: break
    }
    return Response(creator.json)
  }

  private func edit(_ creator: Creator, _ json: JSON) throws(Refusal) {
    try json.check(["name", "bio", "followers", "following", "hides_followers", "state"])
    var profile = creator.profile
    profile.name = try json.text(of: "name") ?? profile.name
    profile.bio = try json.text(of: "bio") ?? profile.bio
    profile.followers = try json.whole(of: "followers") ?? profile.followers
    profile.following = try json.whole(of: "following") ?? profile.following
    profile.hidesFollowers = try json.flag(of: "hides_followers") ?? profile.hidesFollowers
    profile.state = try json.option(of: "state", as: CreatorProfile.State.self) ?? profile.state
    creator.profile = profile
  }

  // MARK: - Items

  /// `?offset=&limit=&deleted=true`, the newest first.
  private func items(_ visit: Visit, _ creator: Creator) throws(Refusal) -> Response {
    let offset = try visit.number("offset", in: 0...Int.max) ?? 0
    let limit = try visit.number("limit", in: 1...Self.batchLimit) ?? 1000
    let found: [CatalogueItem]
    if visit["deleted"] == "true" {
      found = creator.deleted.dropFirst(offset).prefix(limit).compactMap(creator.item)
    } else {
      found = (offset..<max(offset, min(creator.count, offset + limit))).compactMap(creator.newest)
    }
    return Response([
      "total": JSON(creator.count), "items": .array(found.map { creator.json(of: $0) }),
    ])
  }

  /// One item, or `{"count": 12}` of them a second apart; what else is said holds for each.
  private func publish(_ visit: Visit, _ creator: Creator) async throws(Refusal) -> Response {
    var json = try await visit.json(upTo: Visit.platformLimit)
    let count = try json.whole(of: "count", in: 1...Self.batchLimit) ?? 1
    json = json.without(["count"])
    let edit = try ItemEdit(json, on: creator.profile.platform)
    var items: [CatalogueItem] = []
    for place in 0..<count {
      let index = creator.publish(edit, at: world.clock.now - (count - 1 - place))
      if let item = creator.item(index) { items.append(item) }
    }
    let made = JSON.array(items.suffix(1000).map { creator.json(of: $0) })
    return Response(["total": JSON(creator.count), "items": made], status: 201)
  }

  private func item(
    _ visit: Visit,
    _ creator: Creator,
    _ id: String
  ) async throws(Refusal) -> Response {
    try visit.require(.get, .head, .patch, .delete)
    let found = world.catalogue.find(item: id, on: creator.profile.platform)
    guard let found, found.creator === creator, creator.item(found.index) != nil else {
      throw Refusal(404, "it has no item '\(id)'")
    }
    switch visit.request.method {
    case .patch:
      let json = try await visit.json(upTo: Visit.platformLimit)
      _ = creator.edit(found.index, try ItemEdit(json, on: creator.profile.platform))
    case .delete: _ = creator.edit(found.index, ItemEdit(isDeleted: true))
    default: break
    }
    guard let item = creator.item(found.index) else { throw Refusal(404, "it is gone") }
    return Response(creator.json(of: item))
  }
}
