package import Loop
package import Postgres

/// One request as a handler sees it: who calls, and what it may use.
@Loop
package struct Call<Who: Caller> {
  package let caller: Who
  package let requestID: String
  package let configuration: Configuration
  /// The database in the caller's name, under row level security: each call is one round trip and
  /// one transaction.
  package let database: Session
  let reservation: QuotaReservation?

  /// Runs a statement in the transaction that spends the unit which the function's policy reserved:
  /// it is spent when, and only when, what it paid for is written. Where nothing was reserved, it
  /// is ``database``'s `run`.
  package func settle(
    _ sql: SQL,
    function: String = #function
  ) async throws(PostgresError) -> Rows {
    guard let reservation, !reservation.isSettled else {
      return try await database.run(sql, function: function)
    }
    let results = try await database.run(reservation.settlement, sql, function: function)
    reservation.isSettled = true
    return results[1]
  }
}
