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
  let providerKeys: ProviderKeys

  /// The reservation of the unit that the function's policy metered; nil where it metered none.
  package var reservationID: UUID? { reservation?.id }

  /// Runs a statement in the transaction that spends the unit which the function's policy reserved:
  /// it is spent when, and only when, what it paid for is written. Where nothing was reserved, it
  /// is ``database``'s `run`.
  ///
  /// - Throws: also `cancelled`, when the deadline has passed and the unit was given back.
  package func settle(
    _ sql: SQL,
    function: String = #function
  ) async throws(PostgresError) -> Rows {
    guard let reservation else { return try await database.run(sql, function: function) }
    return try await reservation.settle(sql, function: function)
  }
}
