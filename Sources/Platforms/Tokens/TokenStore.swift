package import Core
package import Loop
package import Postgres
import Telemetry

/// Where tokens are kept: sealed, behind functions of the database that check whose they are.
@Loop
package struct TokenStore {
  private let database: Session
  private let vault: Vault

  package init(_ database: Session, _ vault: Vault) {
    self.database = database
    self.vault = vault
  }

  /// What the vault holds, opened; nil when it holds none.
  func load(_ connection: UUID, for purpose: String) async throws -> ConnectionTokens.Held? {
    let sealed = try await database.first(
      "select id, name, sealed from internal.connection_secret(\(connection), \(purpose))",
      as: SealedSecret.self
    )
    return try sealed.map(open)
  }

  struct Begun {
    let isMine: Bool
    let held: ConnectionTokens.Held
  }

  /// Asks for the lease; nil when there are no tokens.
  func begin(_ connection: UUID, holder: UUID, lease: Duration) async throws -> Begun? {
    struct Row: Decodable {
      var isMine: Bool
      var id: UUID
      var name: String
      var sealed: String
    }
    let seconds = "\(lease.components.seconds) seconds"
    let row = try await database.first(
      """
      select is_mine, id, name, sealed
      from internal.begin_refresh(\(connection), \(holder), \(seconds)::text::interval)
      """,
      as: Row.self
    )
    return try row.map {
      Begun(
        isMine: $0.isMine,
        held: try open(SealedSecret(id: $0.id, name: $0.name, sealed: $0.sealed))
      )
    }
  }

  /// Stores what a refresh gave. A database that is away for a moment must not cost the only token
  /// that is good: it is tried for a while.
  ///
  /// - Returns: nil when the lease is not the holder's any more.
  func finish(
    _ account: LinkedAccount,
    holder: UUID,
    _ grant: Grant
  ) async throws -> ConnectionTokens.Held? {
    let tokens = grant.tokens
    let name = account.platform.secretName(of: account.platformUserId, account.userId)
    let secret = try vault.seal(tokens.json, name: name)
    let statement: SQL = """
      select internal.finish_refresh(
          \(account.connectionId), \(holder), \(secret.id), \(secret.sealed), \(tokens.issuedAt),
          \(tokens.expiresAt), \(tokens.refreshExpiresAt), \(grant.scopes)) as is_stored
      """
    var wait: Duration = .milliseconds(100)
    while true {
      do {
        let isStored: Stored = try await database.one(statement.named("finish_refresh"))
        // Lost answers hide success: what is there then is ours.
        let isOurs = isStored.isStored ? true : try await holds(secret.id, account.connectionId)
        return isOurs ? ConnectionTokens.Held(id: secret.id, tokens: tokens) : nil
      } catch let error as PostgresError where error.passes && wait < .seconds(7) {
        Log.warning("new tokens wait for the database")
        try await Loop.sleep(for: wait)
        wait = wait * 2
      }
    }
  }

  private struct Stored: Decodable { var isStored: Bool }

  private func holds(_ secret: UUID, _ connection: UUID) async throws -> Bool {
    try await load(connection, for: "refresh")?.id == secret
  }

  /// Has the grant of an account that was unlinked meanwhile ended with these tokens: what waits for
  /// that are the ones in whose place they came.
  func revoke(_ connection: UUID, with tokens: Tokens) async throws {
    let id = try UUID.random()
    let secret = try vault.seal(tokens.json, name: Revocation.secretName(id))
    let statement: SQL = """
      select internal.revoke_unlinked(
          \(connection), \(id), \(secret.id), \(secret.sealed))
      """
    try await database.run(statement)
  }

  func release(_ connection: UUID, holder: UUID, _ error: String?) async throws {
    let statement: SQL = "select internal.release_refresh(\(connection), \(holder), \(error))"
    try await database.run(statement)
  }

  /// - Parameter secret: the tokens that were refused.
  func requireRelink(_ connection: UUID, secret: UUID, _ error: String) async throws {
    let statement: SQL = "select internal.require_relink(\(connection), \(secret), \(error))"
    try await database.run(statement)
  }

  private func open(_ sealed: SealedSecret) throws -> ConnectionTokens.Held {
    guard let tokens = Tokens(try vault.open(sealed).bytes) else {
      throw VaultError.unknownForm
    }
    return ConnectionTokens.Held(id: sealed.id, tokens: tokens)
  }
}

extension Platform {
  /// What the vault knows an account's tokens by (`internal.connection_secret_name`).
  func secretName(of channel: String, _ user: UUID) -> String {
    "user_\(user)_\(rawValue)_\(channel)"
  }
}

extension PostgresError {
  /// The same may succeed in a moment.
  fileprivate var passes: Bool {
    switch self {
    case .unavailable, .overloaded, .connectionLost, .timeout: true
    case .server(let error):
      ["40001", "40P01", "53300", "57P01", "57P02", "57P03"].contains(error.sqlstate)
    default: false
    }
  }
}

extension AccountClient {
  /// For an account in the name of whoever calls, with the tokens that the vault has.
  ///
  /// - Throws: `Failure` with NOT_CONFIGURED when the vault has no key.
  package convenience init<Who: Caller>(_ account: LinkedAccount, _ call: Call<Who>) throws {
    let store = TokenStore(call.database, try Vault(call.configuration))
    let tokens = ConnectionTokens(account, store: store) {
      try await call.oauth(account.platform)
    }
    self.init(account, tokens: tokens)
  }
}
