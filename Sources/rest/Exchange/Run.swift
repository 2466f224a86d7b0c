import HTTP
import Loop
import Postgres

/// Work that is done for a caller, and answered.
@Loop
struct Run {
  let work: Work
  let request: Request
  let caller: Caller
  let catalog: Catalog
  let shared: Exchange.Shared
  let requestID: String

  func answer() async throws -> Answer {
    try answer(of: try await results())
  }

  /// Runs the statements as the caller in one transaction and one round trip.
  private func results() async throws -> [Rows] {
    let intake = work.intake
    let own = OwnSettings.merged(work.settings, catalog.settings(of: caller.role))
    var identity = Identity(
      role: caller.role.rawValue,
      claims: caller.claims,
      requestID: requestID,
      statementTimeout: own.timeout ?? caller.statementTimeout,
      isReadOnly: work.isReadOnly
    )
    identity.isolation = own.isolation ?? .readCommitted
    identity.settings = RequestSettings.of(request, path: intake.path)
    if intake.schema != Self.loginsSchema {
      identity.settings.append(("search_path", Self.searchPath(intake.schema)))
    }
    if let timeZone = intake.preferences.timeZone {
      identity.settings.append(("timezone", Array(timeZone.utf8)))
    }
    // A request's own time zone comes before its role's.
    let settings = own.statement(without: intake.preferences.timeZone.map { _ in "timezone" })
    let lead = [settings, shared.preRequest].compactMap { $0 }
    let statements = lead + work.statements.map(\.sql)
    let session = shared.database.session(as: identity)
    let isUndone = intake.preferences.ending == .rollback && !work.isReadOnly
    guard isUndone || identity.isolation != .readCommitted else {
      let rows = try await session.run(statements, function: "rest")
      return Array(rows.dropFirst(lead.count))
    }
    let rows = try await Self.inTransaction(session, statements, isUndone: isUndone)
    return Array(rows.dropFirst(lead.count))
  }

  /// Runs statements in a transaction that begins and ends with statements of its own.
  private static func inTransaction(
    _ session: Session,
    _ statements: [SQL],
    isUndone: Bool
  ) async throws -> [Rows] {
    var rows: [Rows] = []
    do {
      try await session.exclusive { transaction in
        rows = try await transaction.run(statements, function: "rest")
        if isUndone { throw Undone() }
      }
    } catch is Undone {}
    return rows
  }

  private struct Undone: Error {}

  /// What the login finds names in by itself.
  private static let loginsSchema = "public"

  private static func searchPath(_ schema: String) -> [UInt8] {
    let quoted = schema.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"")
    return Array("\"\(quoted)\", public, extensions".utf8)
  }

  private func answer(of results: [Rows]) throws -> Answer {
    guard let rows = results.first else { throw PostgresError.connectionLost }
    var answer: Answer
    let row: ResultRow
    switch work.outcome {
    case .described:
      row = try ResultRow(rows)
      answer = Answer(200)
      answer.headers.append(("content-type", "application/openapi+json; charset=utf-8"))
      answer.body = row.body
    case .nothing:
      row = try ResultRow(rows)
      answer = Answer(204)
    case .read(let shown):
      row = try ResultRow(rows)
      answer = try self.answer(row, results, shown)
    case .written(let written):
      row = try ResultRow(rows, isUpsert: written.countsInserted, locates: written.locates)
      answer = self.answer(row, written)
    }
    if catalog.schemas.count > 1 {
      answer.headers.append(("content-profile", work.intake.schema))
    }
    if let applied = Applied(work.intake.preferences).text {
      answer.headers.append(("preference-applied", applied))
    }
    answer.apply(row)
    return answer
  }
}
