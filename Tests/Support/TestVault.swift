package import Core
import Crypto
import Postgres

/// A vault whose master keys tests know.
package enum TestVault {
  package static let newest = "k2"
  package static let older = "k1"

  /// What VAULT_KEYS holds.
  package static let keys = list(newest, older)

  package static func list(_ ids: String...) -> String {
    ids.map { id in
      let bytes = [UInt8](repeating: id.utf8.last ?? 0, count: 32)
      return "\(id):\(Base64.encode(bytes.span))"
    }.joined(separator: ",")
  }

  /// Puts a secret in as a process does.
  ///
  /// - Parameter keys: what VAULT_KEYS holds.
  /// - Returns: what is in the database.
  @discardableResult
  package static func put(
    _ text: String,
    as name: String,
    in database: TestDatabase,
    keys: String = keys
  ) async throws -> SealedSecret {
    let vault = try Vault(Configuration([Setting.vaultKeys.name: keys]))
    let secret = try vault.seal(Array(text.utf8), name: name)
    try await database.psql(
      """
      set role streamvibe_owner;
      select vault.put_sealed('\(secret.id)', '\(secret.name)', '\(secret.sealed)');
      """
    )
    return secret
  }

  /// Gives `body` a database that has the product's schema and seals what comes in plain.
  package static func with(_ body: (TestDatabase) async throws -> Void) async throws {
    try await TestDatabase.with(template, body)
  }

  /// Has what comes into the database in plain sealed from now on.
  package static func noteKeys(_ url: String) async throws {
    let vault = try Vault(Configuration([Setting.vaultKeys.name: keys]))
    try await onLoop {
      let database = try Database(.init(url: url))
      defer { database.close() }
      let owner = Identity(role: "streamvibe_owner")
      try await database.session(as: owner).run(vault.registration())
    }
  }

  private static let template = TestDatabase.Template(on: TestServer.migrated) { url in
    try await noteKeys(url)
  }
}
