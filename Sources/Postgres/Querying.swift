package import Loop

/// What runs statements: a ``Session``, or a ``Transaction`` that looks at results on its way.
@Loop
package protocol Querying {
  /// Runs `statements` in one round trip and, unless a transaction is open, as one transaction:
  /// when one fails, none has happened.
  ///
  /// - Parameter function: what a statement without a name is called in metrics.
  /// - Returns: the rows of each.
  func run(_ statements: [SQL], function: String) async throws(PostgresError) -> [Rows]
}

extension Querying {
  @discardableResult
  package func run(
    _ statement: SQL,
    function: String = #function
  ) async throws(PostgresError) -> Rows {
    let rows = try await run([statement], function: function)
    guard let first = rows.first else { throw .connectionLost }
    return first
  }

  /// Several statements as one transaction and in one round trip.
  @discardableResult
  package func run(
    _ first: SQL,
    _ second: SQL,
    _ more: SQL...,
    function: String = #function
  ) async throws(PostgresError) -> [Rows] {
    try await run([first, second] + more, function: function)
  }

  /// All rows as values.
  package func all<Value: Decodable>(
    _ statement: SQL,
    as type: Value.Type = Value.self,
    function: String = #function
  ) async throws(PostgresError) -> [Value] {
    try await run(statement, function: function).decode(as: type)
  }

  /// The first row as a value; nil when there is none.
  package func first<Value: Decodable>(
    _ statement: SQL,
    as type: Value.Type = Value.self,
    function: String = #function
  ) async throws(PostgresError) -> Value? {
    try await run(statement, function: function).first?.decode(as: type)
  }

  /// The one row of a statement that always gives one.
  package func one<Value: Decodable>(
    _ statement: SQL,
    as type: Value.Type = Value.self,
    function: String = #function
  ) async throws(PostgresError) -> Value {
    guard let row = try await run(statement, function: function).first else {
      throw .decoding(DecodingFailure(column: "", reason: "the statement gave no row"))
    }
    return try row.decode(as: type)
  }

  /// The first column of the first row as it came, such as JSON that PostgreSQL made; nil when there
  /// is no row, or null in it.
  package func bytes(
    _ statement: SQL,
    function: String = #function
  ) async throws(PostgresError) -> ColumnBytes? {
    try await run(statement, function: function).first?.firstBytes
  }
}
