/// Who a statement is run as, and within which limits: set for its implicit transaction alone.
package struct Identity: Sendable {
  /// The role to become; nil stays with the connection's login.
  package var role: String?
  /// The JSON that `request.jwt.claims` shall hold; empty for none.
  package var claims: [UInt8]
  /// What `app.request_id` shall hold.
  package var requestID: String
  /// How long each statement may take on the server.
  package var statementTimeout: Duration
  /// The server refuses writes, and what was in flight when a connection broke is asked again.
  package var isReadOnly: Bool

  package init(
    role: String? = nil,
    claims: [UInt8] = [],
    requestID: String = "",
    statementTimeout: Duration = .seconds(8),
    isReadOnly: Bool = false
  ) {
    self.role = role
    self.claims = claims
    self.requestID = requestID
    self.statementTimeout = statementTimeout
    self.isReadOnly = isReadOnly
  }
}

/// The statement that puts an ``Identity`` in force, in front of others up to the same Sync.
struct Preamble: Sendable {
  /// Which of the few texts it is, so that its prepared statement is found without a search.
  let kind: Kind
  let sql: SQL

  enum Kind: Int, CaseIterable {
    case readWrite
    case readOnly
    case exclusive
    case exclusiveReadOnly
  }

  /// - Parameter isExclusive: the transaction will wait for its client between statements; the
  ///   server ends it when it waits for longer than a statement may take.
  init(_ identity: Identity, isExclusive: Bool) {
    kind =
      switch (isExclusive, identity.isReadOnly) {
      case (false, false): .readWrite
      case (false, true): .readOnly
      case (true, false): .exclusive
      case (true, true): .exclusiveReadOnly
      }
    let milliseconds = String(max(1, identity.statementTimeout.milliseconds))
    sql = Self.statements[kind.rawValue].rebound(size: identity.claims.count + 96) { values in
      // 'none' is the login itself.
      values.bind(text: (identity.role ?? "none").utf8)
      values.bind(text: identity.claims)
      values.bind(text: identity.requestID.utf8)
      values.bind(text: milliseconds.utf8)
      if isExclusive { values.bind(text: milliseconds.utf8) }
    }
  }

  /// The text of each kind: one for all requests, so that only values are made for each.
  private static let statements = Kind.allCases.map { kind in
    let none = ""
    var sql: SQL = """
      select
          set_config('role', \(none), true),
          set_config('request.jwt.claims', \(none), true),
          set_config('app.request_id', \(none), true),
          set_config('statement_timeout', \(none), true)
      """
    if kind == .readOnly || kind == .exclusiveReadOnly {
      sql = sql + ", set_config('transaction_read_only', 'on', true)"
    }
    if kind == .exclusive || kind == .exclusiveReadOnly {
      sql = sql + ", set_config('idle_in_transaction_session_timeout', \(none), true)"
    }
    return sql.named("identity")
  }
}

extension Duration {
  /// Rounded up.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
