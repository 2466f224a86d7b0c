package import Core
import Crypto
package import JSON
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

extension TestVault {
  /// Changes what the vault holds of linked accounts, JSON, as a process would: sealed anew.
  package static func change(
    in database: TestDatabase,
    _ body: (inout JSON) -> Void
  ) async throws {
    let vault = try Vault(Configuration([Setting.vaultKeys.name: keys]))
    let rows = try await database.psql(
      "select id, name, secret from vault.secrets where name like 'user\\_%'"
    )
    for row in rows.split(separator: "\n") {
      let parts = row.split(separator: "|").map(String.init)
      guard parts.count == 3, let id = UUID(parts[0]) else { continue }
      let sealed = SealedSecret(id: id, name: parts[1], sealed: parts[2])
      var value = try JSON(parsing: vault.open(sealed).bytes)
      body(&value)
      try await put(
        String(decoding: value.bytes, as: UTF8.self),
        as: parts[1],
        in: database
      )
    }
  }
}
