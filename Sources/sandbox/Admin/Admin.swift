import HTTP
import JSON
import Loop

/// What a test changes the outside world with: `/admin`.
@Loop
final class Admin {
  private unowned let world: World
  private let creators: AdminCreators

  init(_ world: World) {
    self.world = world
    creators = AdminCreators(world)
  }

  /// - Returns: nil for a path that is not its own.
  func answer(_ visit: Visit) async throws(Refusal) -> Response? {
    guard visit.segments.first == "admin" else { return nil }
    let path = Array(visit.segments.dropFirst())
    switch path.first {
    case "state" where path.count == 1:
      try visit.require(.get, .head)
      return Response(state)
    case "reset" where path.count == 1:
      try visit.require(.post)
      world.reset()
      return Response(state)
    case "clock" where path.count == 1: return try await clock(visit)
    case "settings" where path.count == 1:
      try visit.require(.get, .head, .post)
      if visit.request.method == .post { try world.switches.set(await visit.json()) }
      return Response(world.switches.json)
    case "consent" where path.count == 1: return try await consent(visit)
    case "clients" where path.count == 2:
      return try await client(visit, AdminCreators.platform(path[1]))
    case "requests" where path.count == 1: return try requests(visit)
    case "errors" where path.count == 1:
      try visit.require(.get, .head)
      return Response(errors)
    case "creators": return try await creators.answer(visit, Array(path.dropFirst()))
    default: return nil
    }
  }

  // MARK: - The whole

  var state: JSON {
    let units = world.youtube.units
    return [
      "now": .string(Moment.zulu(world.clock.now)),
      "clock_offset_seconds": JSON(world.clock.offset),
      "calls": world.calls.totals,
      "youtube": [
        "units_used": JSON(units.used(of: .units)), "units_limit": JSON(units.limit(of: .units)),
        "batch_stats_used": JSON(units.used(of: .statistics)),
        "resets_at": .string(Moment.zulu(units.resetTime)),
      ],
      "grants": .object(
        Platform.allCases.map { platform in
          let grants = world.state(of: platform).grants
          return JSON.Member(
            platform.rawValue,
            .object(
              grants.grants.sorted { $0.key < $1.key }.map { .init($0.key, JSON($0.value.scopes)) }
            )
          )
        }
      ),
      "live_tokens": .object(
        Platform.allCases.map {
          JSON.Member($0.rawValue, JSON(world.state(of: $0).grants.liveCount))
        }
      ),
      "faults": world.faults.json, "settings": world.switches.json,
    ]
  }

  private var errors: JSON {
    .array(
      ErrorRow.all.map {
        [
          "target": .string($0.target.rawValue), "name": .string($0.name),
          "status": JSON($0.status),
          "class": .string($0.kind.rawValue),
          "body": (try? JSON(parsing: Array($0.body.utf8))) ?? .null,
        ]
      }
    )
  }

  private func clock(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.get, .head, .post)
    if visit.request.method == .post {
      let json = try await visit.json()
      try json.check(["advance", "set", "reset"])
      if let seconds = try json.whole(of: "advance", in: -1_000_000_000...1_000_000_000) {
        world.clock.advance(by: seconds)
      }
      if let time = try json.time(of: "set") { world.clock.set(to: time) }
      if try json.flag(of: "reset") ?? false { world.clock.reset() }
    }
    return Response([
      "now": .string(Moment.zulu(world.clock.now)), "unix": JSON(world.clock.now),
      "offset_seconds": JSON(world.clock.offset),
    ])
  }

  /// `{"auto": "approve", "account": "ada", "grant": ["…"]}`; `{}` has people click again.
  private func consent(_ visit: Visit) async throws(Refusal) -> Response {
    try visit.require(.get, .head, .post)
    if visit.request.method == .post {
      let json = try await visit.json()
      try json.check(["auto", "account", "grant"])
      world.consent.standing = try json["auto"]?.option("auto", ["approve", "deny"])
        .map { auto throws(Refusal) in
          Consent.Standing(
            auto: auto,
            account: try json.text(of: "account"),
            scopes: try json.texts(of: "grant")
          )
        }
    }
    let standing = world.consent.standing
    return Response([
      "auto": JSON(standing?.auto), "account": JSON(standing?.account),
      "grant": standing?.scopes.map { JSON($0) } ?? .null,
    ])
  }

  private func client(_ visit: Visit, _ platform: Platform) async throws(Refusal) -> Response {
    try visit.require(.get, .head, .post)
    let state = world.state(of: platform)
    if visit.request.method == .post {
      let json = try await visit.json()
      try json.check(["redirect_uris"])
      for uri in try json.texts(of: "redirect_uris") ?? []
      where !state.client.redirectURIs.contains(uri) {
        state.client.redirectURIs.append(uri)
      }
    }
    return Response([
      "client_id": .string(state.client.id), "redirect_uris": JSON(state.client.redirectURIs),
    ])
  }

  /// `?target=&after=`
  private func requests(_ visit: Visit) throws(Refusal) -> Response {
    try visit.require(.get, .head, .delete)
    if visit.request.method == .delete { world.calls.reset() }
    var target: FaultTarget?
    if let name = visit["target"] {
      target = FaultTarget(rawValue: name)
      if target == nil { throw Refusal(422, "there is no target '\(name)'") }
    }
    return Response(
      world.calls.json(of: target, after: try visit.number("after", in: 0...Int.max) ?? 0)
    )
  }
}
