package import Loop
package import Postgres

/// A unit of a quota that is set aside while a function works. Settled with the result's
/// transaction it is spent; given back when the function fails; and when the process dies its lease
/// runs out and the database gives it back, once.
@Loop
package final class QuotaReservation {
  private static let lease = "5 minutes"

  private enum State {
    case held
    case settled
    case givenBack
  }

  package let id: UUID
  private var state = State.held
  private let database: Session

  private init(id: UUID, database: Session) {
    self.id = id
    self.database = database
  }

  /// - Throws: `PostgresError` whose SQLSTATE says QUOTA_EXCEEDED when nothing is left.
  static func reserve(
    _ quota: QuotaType,
    in database: Session
  ) async throws -> QuotaReservation {
    struct Reserved: Decodable { var id: UUID }
    let sql: SQL = """
      select internal.reserve_quota(\(quota.rawValue), \(lease)::text::interval) as id
      """
    let reserved = try await database.one(sql.named("reserve_quota"), as: Reserved.self)
    return QuotaReservation(id: reserved.id, database: database)
  }

  /// Goes into the transaction that writes what the unit pays for.
  package var settlement: SQL {
    let sql: SQL = "select internal.settle_quota(\(id))"
    return sql.named("settle_quota")
  }

  /// Runs a statement in the transaction that spends the unit; once it is spent, alone.
  ///
  /// - Throws: `cancelled` when the unit was given back: the handler's time was over, and what it
  ///   writes now nobody pays for.
  func settle(_ sql: SQL, function: String) async throws(PostgresError) -> Rows {
    switch state {
    case .givenBack: throw .cancelled
    case .settled: return try await database.run(sql, function: function)
    case .held:
      let results = try await database.run(settlement, sql, function: function)
      state = .settled
      return results[1]
    }
  }

  /// After a handler that succeeded without settling: its answer is what was paid for.
  func settle() async throws {
    guard state == .held else { return }
    _ = try await database.run(settlement)
    state = .settled
  }

  /// After a failure. What can't be given back now comes back when the lease runs out.
  func release(_ reason: String) async {
    guard state == .held else { return }
    state = .givenBack
    let sql: SQL = "select internal.release_quota(\(id), \(reason))"
    _ = try? await database.run(sql.named("release_quota"))
  }
}
