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
  /// What a transaction of several statements sees of others; it begins with it, which a statement's
  /// implicit one can't.
  package var isolation: Isolation = .readCommitted
  /// Further settings, such as what a request is: at most ``settingsLimit``, each with its value.
  package var settings: [(name: StaticString, value: [UInt8])] = []

  package enum Isolation: String, Sendable {
    case readCommitted = "read committed"
    case repeatableRead = "repeatable read"
    case serializable
  }

  package static let settingsLimit = 8

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
  /// What begins an exclusive transaction.
  let begin: SQL

  struct Kind {
    var isReadOnly: Bool
    var isExclusive: Bool
    /// How many settings there are besides those of every identity.
    var settings: Int

    static let count = 4 * (Identity.settingsLimit + 1)

    /// From 0 to ``count``.
    var index: Int { settings * 4 + (isExclusive ? 2 : 0) + (isReadOnly ? 1 : 0) }

    fileprivate static let all = (0..<count).map {
      Kind(isReadOnly: $0 & 1 == 1, isExclusive: $0 & 2 == 2, settings: $0 / 4)
    }
  }

  /// - Parameter isExclusive: the transaction will wait for its client between statements; the
  ///   server ends it when it waits for longer than a statement may take.
  init(_ identity: Identity, isExclusive: Bool) {
    let settings = identity.settings
    precondition(settings.count <= Identity.settingsLimit, "too many settings")
    kind = Kind(
      isReadOnly: identity.isReadOnly,
      isExclusive: isExclusive,
      settings: settings.count
    )
    begin =
      switch identity.isolation {
      case .readCommitted: "begin"
      case .repeatableRead: "begin isolation level repeatable read"
      case .serializable: "begin isolation level serializable"
      }
    let milliseconds = String(max(1, identity.statementTimeout.milliseconds))
    let size = settings.reduce(identity.claims.count + 96) { $0 + $1.value.count + 32 }
    sql = Self.statements[kind.index].rebound(size: size) { values in
      // 'none' is the login itself.
      values.bind(text: (identity.role ?? "none").utf8)
      values.bind(text: identity.claims)
      values.bind(text: identity.requestID.utf8)
      values.bind(text: milliseconds.utf8)
      if isExclusive { values.bind(text: milliseconds.utf8) }
      for setting in settings {
        values.bind(text: UnsafeBufferPointer(of: setting.name))
        values.bind(text: setting.value)
      }
    }
  }

  /// The text of each kind: one for all requests, so that only values are made for each. It gives
  /// no columns: what was set need not travel back.
  private static let statements = Kind.all.map { kind in
    let none = ""
    var sql: SQL = """
      select
      where
          set_config('role', \(none), true) is not null
          and set_config('request.jwt.claims', \(none), true) is not null
          and set_config('app.request_id', \(none), true) is not null
          and set_config('statement_timeout', \(none), true) is not null
      """
    if kind.isReadOnly {
      sql = sql + " and set_config('transaction_read_only', 'on', true) is not null"
    }
    if kind.isExclusive {
      sql =
        sql + " and set_config('idle_in_transaction_session_timeout', \(none), true) is not null"
    }
    for _ in 0..<kind.settings { sql = sql + " and set_config(\(none), \(none), true) is not null" }
    return sql.named("identity")
  }
}

extension UnsafeBufferPointer<UInt8> {
  fileprivate init(of text: StaticString) {
    self.init(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }
}

extension Duration {
  /// Rounded up.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
