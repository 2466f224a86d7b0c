import JSON

/// How the next requests to a part of the outside world fail.
struct Fault: Sendable {
  enum Mode: String, Sendable, CaseIterable {
    /// The request is heard to its end and answered with a failure that may pass.
    case fail
    /// It is refused for good.
    case reject
    /// It is never answered.
    case hang
    /// It is done, and the connection breaks in the midst of the answer.
    case drop
    /// It is refused as the platform refuses: with a row of ``ErrorRow``.
    case error
    /// It is answered late.
    case delay
    /// Its answer comes in small pieces.
    case slow
    /// It is done, and the answer is none that a platform would give: ``Hostility``.
    case hostile

    /// Nothing is done, and there is one answer.
    var isFinal: Bool { self == .fail || self == .reject || self == .hang || self == .error }
  }

  let mode: Mode
  /// How many are still to fail; nil for all, until it is taken back.
  var next: Int?
  /// What it is answered with; nil for the target's usual one.
  let status: Int?
  var row: ErrorRow?
  var hostility: Hostility?
  /// How many of those that come fail; nil for all.
  var share: Double?
  /// What the path must hold.
  var path: String?
  /// So many go well before.
  var after = 0
  /// How long it waits: before the answer, or between its pieces.
  var milliseconds = 1000
  /// In MiB, of a huge answer.
  var size = 10
  /// Said with the refusal.
  var retryAfter: Int?
  private var random: SeededRandom

  private static let members: Set<String> = [
    "mode", "next", "status", "name", "share", "path", "after", "milliseconds", "megabytes",
    "retry_after", "seed",
  ]
  /// Those that a mail server knows.
  private static let mailMembers: Set<String> = ["mode", "next", "status"]

  /// - Throws: ``Refusal`` that says what is wrong with it.
  init(_ json: JSON, for target: FaultTarget) throws(Refusal) {
    let isMail = target == .smtp
    try json.check(isMail ? Self.mailMembers : Self.members)
    let modes = Mode.allCases.filter { !isMail || [.fail, .reject, .hang, .drop].contains($0) }
    let name = try json["mode"]?.option("mode", modes.map(\.rawValue))
    guard let mode = name.flatMap(Mode.init) else {
      throw Refusal(422, "mode must be one of \(modes.map(\.rawValue).joined(separator: ", "))")
    }
    self.mode = mode
    share = try json.share(of: "share")
    next = try json.whole(of: "next", in: 1...1_000_000) ?? (share == nil ? 1 : nil)
    status = try json.whole(of: "status", in: 400...599)
    random = SeededRandom(seed: UInt64(try json.whole(of: "seed") ?? 1))
    path = try json.text(of: "path")
    after = try json.whole(of: "after", in: 0...1_000_000) ?? 0
    milliseconds = try json.whole(of: "milliseconds", in: 0...600_000) ?? 1000
    size = try json.whole(of: "megabytes", in: 1...200) ?? 10
    retryAfter = try json.whole(of: "retry_after", in: 0...1_000_000)
    switch mode {
    case .error: row = try Self.row(json.text(of: "name"), of: target)
    case .hostile:
      hostility = try json.option(of: "name", as: Hostility.self)
      let names = Hostility.allCases.map(\.rawValue).joined(separator: ", ")
      if hostility == nil { throw Refusal(422, "name must be one of \(names)") }
    default: break
    }
  }

  private static func row(
    _ name: String?,
    of target: FaultTarget
  ) throws(Refusal) -> ErrorRow {
    if let row = ErrorRow.of(target, name ?? "") { return row }
    let names = ErrorRow.all.filter { $0.target == target }.map(\.name)
    throw Refusal(422, "name must be one of \(names.joined(separator: ", "))")
  }

  var json: JSON {
    var members: [JSON.Member] = [
      .init("mode", .string(mode.rawValue)), .init("next", next.map { JSON($0) } ?? .null),
      .init("status", status.map { JSON($0) } ?? .null),
    ]
    if let row { members.append(.init("name", .string(row.name))) }
    if let hostility { members.append(.init("name", .string(hostility.rawValue))) }
    if let share { members.append(.init("share", .number("\(share)"))) }
    if let path { members.append(.init("path", .string(path))) }
    if after > 0 { members.append(.init("after", JSON(after))) }
    return .object(members)
  }

  /// Whether it is meant for this call at all.
  func matches(_ call: PlatformCall) -> Bool {
    if let path { return call.path.contains(path) }
    if let row {
      if row.target == .google {
        return call.part == .token && call.path.contains(row.name.prefix { $0 != "." })
      }
      return call.part == (row.isOfOAuth ? .token : .api)
    }
    return mode == .hostile ? call.part == .api : call.part != .consent
  }

  /// Counts a call that it is meant for.
  ///
  /// - Returns: whether the call fails by it.
  mutating func strikes() -> Bool {
    if after > 0 {
      after -= 1
      return false
    }
    if let share, !random.happens(share) { return false }
    next = next.map { $0 - 1 }
    return true
  }

  /// Whether it has done what it was to do.
  var isSpent: Bool { next == 0 }
}

/// A call to a platform, as far as faults tell calls apart.
struct PlatformCall: Sendable {
  enum Part: Sendable {
    /// What a browser shows.
    case consent
    /// Codes and tokens.
    case token
    case api
  }

  let target: FaultTarget
  let part: Part
  let path: String
}
