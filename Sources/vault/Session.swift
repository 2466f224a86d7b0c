import Core
import Loop
import Postgres

/// One run of the command, as the vault's owner.
@Loop
struct Session {
  private let configuration: Configuration
  private let database: Postgres.Session

  /// - Throws: ``Failure`` with NOT_CONFIGURED, `PostgresError` for a connection string that is none.
  init(_ configuration: Configuration) throws {
    self.configuration = configuration
    var settings = Database.Settings(url: try configuration.required(.databaseURL))
    settings.applicationName = "vault"
    // It is run beside a database that starts, too.
    settings.patience = .seconds(10)
    let owner = Identity(role: "streamvibe_owner", statementTimeout: .seconds(60))
    database = try Database(settings).session(as: owner)
  }

  func run(_ command: Command) async throws {
    switch command {
    case .set(let name, let description): try await set(name, description)
    case .list: try await list()
    case .forget(let name): try await forget(name)
    case .keys:
      try await database.run(vault().registration())
      try await listKeys()
    case .rotate(let batch): try await rotate(batch)
    case .retire(let key): try await database.run("select vault.retire_key(\(key))")
    case .help, .describe: break
    }
  }

  private func vault() throws -> Vault { try Vault(configuration) }

  private func set(_ name: String, _ description: String) async throws {
    let vault = try vault()
    let secret = try vault.seal(SecretInput.read(for: name), name: name)
    try await database.run(
      """
      select vault.put_sealed(\(secret.id), \(name), \(secret.sealed), \(description))
      """
    )
  }

  private func forget(_ name: String) async throws {
    guard try await database.one("select vault.forget(\(name))", as: Bool.self) else {
      throw Command.Wrong(description: "there is no secret \(name)")
    }
  }

  private func list() async throws {
    struct Row: Decodable {
      var name: String
      var keyId: String
      var age: String
      var description: String
    }
    let rows = try await database.all(
      """
      select
          coalesce(name, id::text) as name,
          key_id,
          extract(day from age)::integer || ' d' as age,
          case when secret like 'p1.%' then '(came in plain) ' else '' end
          || description as description
      from vault.decrypted_secrets
      order by 1
      """,
      as: Row.self
    )
    Table.print(
      ["NAME", "KEY", "AGE", "DESCRIPTION"],
      rows.map { [$0.name, $0.keyId, $0.age, $0.description] }
    )
  }

  private func listKeys() async throws {
    struct Row: Decodable {
      var id: String
      var isCurrent: Bool
      var retiredAt: Timestamp?
      var secrets: Int
    }
    let rows = try await database.all("select * from vault.list_keys()", as: Row.self)
    Table.print(
      ["KEY", "SECRETS", "STATE"],
      rows.map { row in
        let state = row.retiredAt != nil ? "retired" : row.isCurrent ? "seals" : "opens"
        return [row.id, String(row.secrets), state]
      }
    )
  }

  private func rotate(_ batch: Int) async throws {
    let vault = try vault()
    try await database.run(vault.registration())
    let rotation = Rotation(vault, database, batch: batch)
    let start = Instant.now
    var told = start
    try await rotation.run {
      guard Instant.now - told > .seconds(2) else { return }
      told = .now
      Terminal.say("\(rotation.rotated) secrets so far")
    }
    let seconds = (Instant.now - start).milliseconds
    print("\(rotation.rotated) secrets brought under the key \(vault.newestKeyID) in \(seconds) ms")
    guard rotation.failures.isEmpty else {
      for failure in rotation.failures.prefix(20) { Terminal.say(failure) }
      throw Command.Wrong(description: "\(rotation.failures.count) secrets could not be opened")
    }
  }
}

extension Duration {
  fileprivate var milliseconds: Int { Int(seconds * 1000) }
}
