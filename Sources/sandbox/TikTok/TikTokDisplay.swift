import HTTP
import JSON
import Loop

/// The Display API: who somebody is, and their public videos.
@Loop
final class TikTokDisplay {
  private nonisolated static let pageDefault = 10
  private nonisolated static let pageLimit = 20

  private unowned let world: World
  /// Calls of an endpoint in each second.
  private var seconds: [String: [Int: Int]] = [:]

  init(_ world: World) {
    self.world = world
  }

  func reset() {
    seconds = [:]
  }

  func userInfo(_ visit: Visit) throws(Refusal) -> Response {
    try visit.require(.get, .head)
    let (creator, token) = try caller(visit)
    var members: [JSON.Member] = []
    for field in try fields(visit) {
      guard let (scope, value) = TikTokResources.user(field, creator) else {
        throw Refusal(.tiktok, "invalid_params")
      }
      guard token.scopes.contains(scope) else { throw Refusal(.tiktok, "scope_permission_missed") }
      members.append(JSON.Member(field, value))
    }
    return answer(["user": .object(members)])
  }

  func list(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.post)
    let (creator, token) = try caller(visit)
    guard token.scopes.contains("video.list") else {
      throw Refusal(.tiktok, "scope_not_authorized")
    }
    let fields = try fields(visit)
    let body = try await body(visit)
    guard let size = Self.whole(body["max_count"], Self.pageDefault),
      (1...Self.pageLimit).contains(size), let cursor = Self.whole(body["cursor"], Int.max),
      cursor >= 0
    else { throw Refusal(.tiktok, "invalid_params") }
    var position = creator.position(olderThan: min(cursor / 1000, Int.max / 2000) + 1)
    var videos: [JSON] = []
    var last = cursor == Int.max ? world.clock.now * 1000 : cursor
    while videos.count < size, let item = creator.newest(position) {
      position += 1
      guard item.privacy == .public, Self.cursor(item) < cursor else { continue }
      last = Self.cursor(item)
      videos.append(try TikTokResources.video(item, of: creator, fields))
    }
    return answer([
      "videos": .array(videos), "cursor": JSON(last),
      "has_more": .bool(hasPublic(creator, from: position)),
    ])
  }

  private func hasPublic(_ creator: Creator, from position: Int) -> Bool {
    var position = position
    while let item = creator.newest(position) {
      if item.privacy == .public { return true }
      position += 1
    }
    return false
  }

  /// In milliseconds: those of the same second stay apart.
  private static func cursor(_ item: CatalogueItem) -> Int {
    item.publishedAt * 1000 + item.index % 1000
  }

  func query(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.post)
    let (creator, token) = try caller(visit)
    guard token.scopes.contains("video.list") else {
      throw Refusal(.tiktok, "scope_not_authorized")
    }
    let fields = try fields(visit)
    guard let ids = try? await body(visit)["filters"]?.texts(of: "video_ids"),
      (1...Self.pageLimit).contains(ids.count)
    else { throw Refusal(.tiktok, "invalid_params") }
    var videos: [JSON] = []
    for id in ids {
      guard let (owner, index, _) = world.catalogue.find(item: id, on: .tiktok), owner === creator,
        !creator.isDeleted(index), let item = creator.item(index), item.privacy == .public
      else { continue }
      videos.append(try TikTokResources.video(item, of: creator, fields))
    }
    return answer(["videos": .array(videos)])
  }

  // MARK: - What all calls share

  private func caller(_ visit: Visit) throws(Refusal) -> (Creator, Grants.Token) {
    try limit(visit)
    guard let text = visit.bearer, case .valid(let token) = world.tiktok.grants.state(of: text),
      token.kind == .access, let creator = world.catalogue.creator(token.creator, on: .tiktok),
      creator.profile.state == .active
    else { throw Refusal(.tiktok, "access_token_invalid") }
    return (creator, token)
  }

  /// So many calls of an endpoint in any sixty seconds.
  private func limit(_ visit: Visit) throws(Refusal) {
    let path = visit.segments.joined(separator: "/")
    let now = world.clock.now
    var calls = seconds[path, default: [:]]
    if calls.count > 60 { calls = calls.filter { $0.key > now - 60 } }
    let used = calls.reduce(0) { $1.key > now - 60 && $1.key <= now ? $0 + $1.value : $0 }
    guard used < world.switches[.tiktokMinuteCalls] else {
      throw Refusal(.tiktok, "rate_limit_exceeded")
    }
    calls[now, default: 0] += 1
    seconds[path] = calls
  }

  private func fields(_ visit: Visit) throws(Refusal) -> [String] {
    let fields = visit.query.list("fields")
    guard !fields.isEmpty else { throw Refusal(.tiktok, "invalid_params") }
    return fields
  }

  private func body(_ visit: Visit) async throws(Refusal) -> JSON {
    let bytes = try await visit.bytes(upTo: Visit.platformLimit)
    if bytes.isEmpty { return [:] }
    guard let json = try? JSON(parsing: bytes), case .object = json else {
      throw Refusal(.tiktok, "invalid_params")
    }
    return json
  }

  private static func whole(_ json: JSON?, _ fallback: Int) -> Int? {
    switch json {
    case nil, .null?: fallback
    case .number(let digits)?: Int(digits)
    default: nil
    }
  }

  private func answer(_ data: JSON) -> Response {
    Response([
      "data": data,
      "error": [
        "code": "ok", "message": "", "log_id": .string(Self.logID(at: world.clock.now)),
      ],
    ])
  }

  /// `20220829194722CBE87ED59D524E727021`
  static func logID(at time: Int) -> String {
    Moment.zulu(time).filter(\.isNumber) + Grants.random(20).uppercased()
  }
}
