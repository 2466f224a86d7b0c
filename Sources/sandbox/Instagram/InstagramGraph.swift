import HTTP
import JSON
import Loop

/// `graph.instagram.com`: an account, what it published, its stories.
@Loop
final class InstagramGraph {
  private nonisolated static let pageDefault = 25
  private nonisolated static let pageLimit = 100
  /// Older media can't be listed.
  private nonisolated static let listLimit = 10_000

  private unowned let world: World
  private var usage: [String: [Int: Int]] = [:]

  init(_ world: World) {
    self.world = world
  }

  func reset() {
    usage = [:]
  }

  /// - Parameter path: without the version.
  func answer(_ visit: Visit, _ path: [String]) throws(Refusal) -> Response {
    try visit.require(.get, .head)
    let token = try InstagramFailure.valid(visit, world.instagram.grants)
    guard let creator = world.catalogue.creator(token.creator, on: .instagram) else {
      throw Refusal(.instagram, "app_deauthorized")
    }
    guard token.scopes.contains(Instagram.basic) else { throw Refusal(.instagram, "permission") }
    if creator.profile.state == .closed { throw InstagramFailure.closed }
    let share = spend(creator)
    var response: Response
    if share > 100 {
      response = Refusal(.instagram, "buc_rate_limit").response
    } else {
      response = Response(try node(visit, path, creator, token))
    }
    response.otherHeaders.append(("x-business-use-case-usage", header(creator, share)))
    return response
  }

  private func node(
    _ visit: Visit,
    _ path: [String],
    _ creator: Creator,
    _ token: Grants.Token
  ) throws(Refusal) -> JSON {
    let ids = creator.ids
    if ["me", ids.account, ids.person].contains(path[0]) {
      switch Array(path.dropFirst()) {
      case []: return try account(visit, creator)
      case ["media"]: return try media(visit, creator)
      case ["stories"]: return try stories(visit, creator)
      default: throw InstagramFailure.noField(path[1], on: "IGUser")
      }
    }
    guard let (owner, index, child) = world.catalogue.find(item: path[0], on: .instagram),
      owner === creator, let item = InstagramMedia.item(index, of: creator, at: world.clock.now),
      !creator.isDeleted(index), child <= item.children.count
    else { throw InstagramFailure.noObject(path[0]) }
    let media = InstagramMedia(creator, item)
    switch Array(path.dropFirst()) {
    case []:
      let fields = try fields(visit)
      return child > 0 ? try media.child(child, fields) : try media.json(fields)
    case ["children"]: return ["data": .array(try media.children(fields(visit)))]
    case ["insights"]:
      guard token.scopes.contains(Instagram.insights) else {
        throw Refusal(.instagram, "permission")
      }
      return ["data": .array(try media.insights(visit.query.list("metric")))]
    default: throw InstagramFailure.noField(path[1], on: "Media")
    }
  }

  private func fields(_ visit: Visit) throws(Refusal) -> FieldSelection {
    guard let text = visit.query["fields"] else { return .id }
    guard let fields = FieldSelection(text) else {
      throw InstagramFailure.parameter("Syntax error in the field list", code: 2500)
    }
    return fields
  }

  // MARK: - Nodes

  private func account(_ visit: Visit, _ creator: Creator) throws(Refusal) -> JSON {
    var members: [JSON.Member] = []
    let profile = creator.profile
    for (name, _) in try fields(visit).fields {
      let value: JSON =
        switch name {
        case "id": .string(creator.ids.person)
        case "user_id": .string(creator.ids.account)
        case "username": .string(profile.key)
        case "name": .string(profile.name)
        case "account_type": profile.seed % 2 == 0 ? "BUSINESS" : "MEDIA_CREATOR"
        case "profile_picture_url": .string("https://scontent.example/\(creator.ids.account).jpg")
        case "followers_count": JSON(profile.followers)
        case "follows_count": JSON(profile.following)
        case "media_count": JSON(creator.count)
        case "biography": .string(profile.bio)
        case "website": .string("https://\(profile.key).example")
        default: throw InstagramFailure.noField(name, on: "IGUser")
        }
      members.append(JSON.Member(name, value))
    }
    // The id is told even when nobody asks for it.
    if !members.contains(where: { $0.name == "id" }) {
      members.append(JSON.Member("id", .string(creator.ids.person)))
    }
    let node = JSON.object(members)
    return world.switches.has(.instagramProfile, "flat") ? node : ["data": .array([node])]
  }

  private func media(_ visit: Visit, _ creator: Creator) throws(Refusal) -> JSON {
    let fields = try fields(visit)
    let limit = min(Self.pageLimit, try whole(visit, "limit") ?? Self.pageDefault)
    let (since, until) = (try whole(visit, "since") ?? 0, try whole(visit, "until") ?? Int.max)
    var position = 0
    if let after = visit.query["after"] {
      position = try place(of: after, creator)
    } else if let before = visit.query["before"] {
      position = max(0, try place(of: before, creator) - 1 - limit)
    }
    let start = position
    let end = min(creator.count, Self.listLimit)
    var page: [CatalogueItem] = []
    while position < end, page.count < limit, let item = creator.newest(position) {
      position += 1
      if item.kind != .story, item.privacy != .private, (since...until).contains(item.publishedAt) {
        page.append(item)
      }
    }
    var nodes: [JSON] = []
    for item in page { nodes.append(try InstagramMedia(creator, item).json(fields)) }
    guard let first = page.first, let last = page.last else { return ["data": []] }
    let (before, after) = (Self.cursor(first), Self.cursor(last))
    return [
      "data": .array(nodes),
      "paging": .members([
        "cursors": ["before": .string(before), "after": .string(after)],
        "next": position < end ? link(visit, "after", after) : nil,
        "previous": start > 0 ? link(visit, "before", before) : nil,
      ]),
    ]
  }

  /// The same call for another page; it holds the token, as the platform's does.
  private func link(_ visit: Visit, _ name: String, _ cursor: String) -> JSON {
    var parameters = visit.query
    if !parameters.has("access_token"), let bearer = visit.bearer {
      parameters.append("access_token", bearer)
    }
    let path = visit.segments.joined(separator: "/")
    let query = parameters.encoded(without: ["after", "before"])
    return .string("\(visit.origin)/\(path)?\(query)&\(name)=\(cursor.percentEncoded)")
  }

  private static func cursor(_ item: CatalogueItem) -> String {
    InstagramCursor(time: item.publishedAt, index: item.index).text
  }

  private func place(of cursor: String, _ creator: Creator) throws(Refusal) -> Int {
    guard let cursor = InstagramCursor(cursor) else {
      throw InstagramFailure.parameter("Invalid cursor")
    }
    return creator.position(olderThan: cursor.time, index: cursor.index)
  }

  private func stories(_ visit: Visit, _ creator: Creator) throws(Refusal) -> JSON {
    let fields = try fields(visit)
    var nodes: [JSON] = []
    for item in InstagramMedia.stories(of: creator, at: world.clock.now) {
      nodes.append(try InstagramMedia(creator, item).json(fields))
    }
    return ["data": .array(nodes)]
  }

  private func whole(_ visit: Visit, _ name: String) throws(Refusal) -> Int? {
    guard let text = visit.query[name] else { return nil }
    guard let number = Int(text), number > 0 else {
      throw InstagramFailure.parameter("Param \(name) must be a positive number")
    }
    return number
  }

  // MARK: - How much of its limit an account has used

  /// - Returns: percent, this call included.
  private func spend(_ creator: Creator) -> Int {
    let hour = world.clock.now / 3600
    var hours = usage[creator.ids.account, default: [:]].filter { $0.key > hour - 24 }
    hours[hour, default: 0] += 1
    usage[creator.ids.account] = hours
    let limit = max(1, world.switches[.instagramDailyCalls])
    let used = hours.values.reduce(0, +)
    return used > limit ? max(101, used * 100 / limit) : used * 100 / limit
  }

  private func header(_ creator: Creator, _ share: Int) -> String {
    let usage: JSON = [
      "type": "instagram", "call_count": JSON(share), "total_cputime": 1, "total_time": 1,
      "estimated_time_to_regain_access": JSON(share > 100 ? 60 : 0),
    ]
    let json = JSON.object([.init(creator.ids.account, .array([usage]))])
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
