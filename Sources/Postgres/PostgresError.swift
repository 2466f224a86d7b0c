/// Why a statement gave no rows. What it prints holds neither values nor the server's own words,
/// which may quote them.
package enum PostgresError: Error, Equatable, Sendable {
  /// The server refused; everything up to the same Sync was rolled back.
  case server(ServerError)
  /// The server is away. Nothing was sent.
  case unavailable(retryAfter: Duration)
  /// All connections stayed busy for as long as a statement may wait. Nothing was sent.
  case overloaded
  /// The connection broke after the statement was sent: it may have been carried out or not.
  case connectionLost
  /// The server gave up at the statement's time limit, or its answer did not come in time. In the
  /// second case the statement may still be carried out.
  case timeout
  /// The calling task was cancelled; a statement that had been sent may have been carried out.
  case cancelled
  /// A row does not have the shape that was asked for.
  case decoding(DecodingFailure)
  /// The statement can't be put on the wire, or was used where it can't be.
  case malformed(String)
}

extension PostgresError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .server(let error): error.description
    case .unavailable: "the database is not available"
    case .overloaded: "all database connections are busy"
    case .connectionLost: "the database connection was lost"
    case .timeout: "the statement took too long"
    case .cancelled: "the statement was cancelled"
    case .decoding(let failure): failure.description
    case .malformed(let reason): reason
    }
  }
}

/// What the server says about a statement that failed (PostgreSQL manual, "Error and Notice Message
/// Fields").
package struct ServerError: Error, Equatable, Sendable {
  /// Five characters (manual, appendix A).
  package var sqlstate: String
  package var message: String
  package var detail: String?
  package var hint: String?
  package var schema: String?
  package var table: String?
  package var column: String?
  package var constraint: String?
  /// The function in the server's source that raised it, which is never translated.
  var routine: String?
  /// FATAL or PANIC: the session is over.
  var endsSession = false

  package init(
    sqlstate: String,
    message: String,
    detail: String? = nil,
    hint: String? = nil,
    constraint: String? = nil
  ) {
    self.sqlstate = sqlstate
    self.message = message
    self.detail = detail
    self.hint = hint
    self.constraint = constraint
  }
}

extension ServerError: CustomStringConvertible {
  package var description: String {
    let places = [("table", table), ("column", column), ("constraint", constraint)]
    return places.reduce("server error \(sqlstate)") { text, place in
      place.1.map { "\(text), \(place.0) \($0)" } ?? text
    }
  }
}

/// A column that is missing, null where it may not be, or of another form than its reader wants.
package struct DecodingFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// Empty when no one column is to blame.
  package let column: String
  package let reason: String

  package var description: String { column.isEmpty ? reason : "column \(column): \(reason)" }
}
