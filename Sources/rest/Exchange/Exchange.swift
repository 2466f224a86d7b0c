import HTTP
import Loop
import Postgres
import Telemetry

/// One request on its way from its head to its answer.
@Loop
struct Exchange {
  /// What all requests share.
  struct Shared {
    let database: Database
    let timeZones: TimeZones
    let rowLimit: Int
    let bodyLimit: Int
    /// Whether `tx=rollback` is done.
    let mayRollBack: Bool
    /// UPDATE and DELETE need a filter.
    let isSafeUpdating: Bool
  }

  var intake: Intake
  let caller: Caller
  let catalog: Catalog
  let shared: Shared
  let requestID: String

  init(
    _ intake: Intake,
    _ caller: Caller,
    _ catalog: Catalog,
    _ shared: Shared,
    requestID: String
  ) {
    self.intake = intake
    self.caller = caller
    self.catalog = catalog
    self.shared = shared
    self.requestID = requestID
  }

  func answer() async throws -> Answer {
    var exchange = self
    try await exchange.checkPreferences()
    switch intake.target {
    case .root: throw Refusal.root
    case .routine(let name):
      return try await exchange.call(QualifiedName(schema: intake.schema, name: name))
    case .relation(let name):
      let relation = try catalog.relation(QualifiedName(schema: intake.schema, name: name))
      switch intake.method {
      case .get, .head: return try await exchange.read(relation)
      case .post, .patch, .put, .delete: return try await exchange.write(relation)
      case .options: return options(relation)
      }
    }
  }

  private mutating func checkPreferences() async throws {
    if !shared.mayRollBack { intake.preferences.ending = nil }
    if let name = intake.preferences.timeZone, try await !shared.timeZones.contains(name) {
      intake.preferences.timeZone = nil
      intake.preferences.reject("timezone=\(name)")
    }
    let preferences = intake.preferences
    if preferences.handling == .strict, !preferences.invalid.isEmpty {
      throw Refusal.preferences(preferences.invalid)
    }
  }

  private func options(_ relation: Relation) -> Answer {
    var methods = ["OPTIONS", "GET", "HEAD"]
    if relation.verbs.contains(.insert) { methods.append("POST") }
    if relation.verbs.contains([.insert, .update]) { methods.append("PUT") }
    if relation.verbs.contains(.update) { methods.append("PATCH") }
    if relation.verbs.contains(.delete) { methods.append("DELETE") }
    var answer = Answer(200)
    answer.headers.append(("allow", methods.joined(separator: ",")))
    return answer
  }

  // MARK: - Running

  /// Runs statements as the caller in one transaction and one round trip.
  func run(_ statements: [SQL], isReadOnly: Bool) async throws -> [Rows] {
    var identity = Identity(
      role: caller.role.rawValue,
      claims: caller.claims,
      requestID: requestID,
      statementTimeout: caller.statementTimeout,
      isReadOnly: isReadOnly
    )
    identity.settings = RequestSettings.of(intake.request, path: intake.path)
    if intake.schema != catalog.schemas.first {
      identity.settings.append(("search_path", Self.searchPath(intake.schema)))
    }
    if let timeZone = intake.preferences.timeZone {
      identity.settings.append(("timezone", Array(timeZone.utf8)))
    }
    let session = shared.database.session(as: identity)
    guard intake.preferences.ending == .rollback, !isReadOnly else {
      return try await session.run(statements, function: "rest")
    }
    return try await Self.rolledBack(session, statements)
  }

  /// Runs statements and undoes them.
  private static func rolledBack(_ session: Session, _ statements: [SQL]) async throws -> [Rows] {
    var rows: [Rows] = []
    do {
      try await session.exclusive { transaction in
        rows = try await transaction.run(statements, function: "rest")
        throw Undone()
      }
    } catch is Undone {}
    return rows
  }

  private struct Undone: Error {}

  private static func searchPath(_ schema: String) -> [UInt8] {
    let quoted = schema.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"")
    return Array("\"\(quoted)\", public, extensions".utf8)
  }

  /// What every success has.
  func finish(_ answer: inout Answer, _ row: ResultRow) {
    if catalog.schemas.count > 1 { answer.headers.append(("content-profile", intake.schema)) }
    if let applied = Applied(intake.preferences).text {
      answer.headers.append(("preference-applied", applied))
    }
    answer.apply(row)
  }
}
