import Loop

/// A database as one identity sees it; a value that is cheap to make for each request.
package struct Session: Querying {
  package let database: Database
  private let identity: Identity

  nonisolated init(_ database: Database, _ identity: Identity) {
    self.database = database
    self.identity = identity
  }

  package func run(
    _ statements: [SQL],
    function: String
  ) async throws(PostgresError) -> [Rows] {
    for statement in statements { try statement.check() }
    guard !statements.isEmpty else { return [] }
    precondition(identity.isolation == .readCommitted, "not in an implicit transaction")
    let request = Request(
      lead: .preamble(Preamble(identity, isExclusive: false)),
      statements: statements,
      origin: origin(function),
      limit: limit(of: statements.count)
    )
    database.submit(request)
    return try await request.result()
  }

  /// Work that must look at a result before it goes on: a transaction on a connection that nobody
  /// else uses meanwhile. It is committed when `body` returns and rolled back when it throws, when
  /// a statement in it failed, and when the task is cancelled. Nothing is held across a call to the
  /// outside world: the server ends a transaction that idles for longer than a statement may take.
  ///
  /// - Throws: what `body` throws, or ``PostgresError``; ``PostgresError/connectionLost`` of the
  ///   commit leaves open whether it has happened.
  package func exclusive<Value>(
    _ body: @Loop (Transaction) async throws -> Value
  ) async throws -> Value {
    let connection = try await database.reserve()
    let transaction = Transaction(
      connection,
      Preamble(identity, isExclusive: true),
      origin(""),
      statementLimit: identity.statementTimeout
    )
    do {
      let value = try await body(transaction)
      try await transaction.commit()
      database.release(connection)
      return value
    } catch {
      await transaction.rollBack()
      database.release(connection)
      throw error
    }
  }

  private func limit(of count: Int) -> Duration {
    identity.statementTimeout * count + database.settings.grace
  }

  private func origin(_ function: String) -> Request.Origin {
    Request.Origin(
      function: function,
      requestID: identity.requestID,
      isReadOnly: identity.isReadOnly
    )
  }
}

extension Request.Origin {
  func named(_ function: String) -> Request.Origin {
    var named = self
    named.function = function
    return named
  }
}
