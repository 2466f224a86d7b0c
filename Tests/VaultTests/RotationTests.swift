import Core
import Loop
import Postgres
import TestSupport
import Testing

@testable import vault

/// A vault with secrets under the older key, and one who owns it.
@Loop
private struct Safe {
  let database: Database
  let vault: Vault

  /// Puts secrets in under the older key; nothing here depends on the trigger's work for each.
  init(_ server: TestDatabase, _ count: Int) async throws {
    var settings = Database.Settings(url: server.url)
    settings.connections = 4
    database = try Database(settings)
    vault = try Vault(Configuration(["VAULT_KEYS": TestVault.keys]))
    let old = try Vault(Configuration(["VAULT_KEYS": TestVault.list(TestVault.older)]))
    let sealed = try (0..<count).map { number in
      try old.seal(Array("secret \(number)".utf8), name: "n\(number)")
    }
    try await owner.run(
      """
      select vault.put_sealed(s.id, s.name, s.sealed)
      from unnest(\(sealed.map(\.id)), \(sealed.map(\.name)), \(sealed.map(\.sealed)))
          as s (id, name, sealed)
      """
    )
  }

  var owner: Postgres.Session { database.session(as: Identity(role: "streamvibe_owner")) }

  func read(_ name: String) async throws -> String? {
    let sealed = try await owner.first(
      "select * from vault.take_sealed(\(name), 'test')",
      as: SealedSecret.self
    )
    return try sealed.map { try vault.open($0).text }
  }

  func count(_ condition: SQL) async throws -> Int {
    try await owner.one("select count(*) from vault.secrets where \(fragment: condition)")
  }
}

@Suite("A rotation")
struct RotationTests {
  @Test("brings all under the first key while others read and write, none of whom fails")
  func isOnline() async throws {
    try await TestVault.with { server in
      try await onLoop {
        let safe = try await Safe(server, 300)
        defer { safe.database.close() }
        try await safe.owner.run("select vault.create_secret('came in plain', 'plain')")
        let rotation = Rotation(safe.vault, safe.owner, batch: 20)
        var isDone = false
        let readers = (0..<3).map { reader in
          Loop.task { () -> [String] in
            var wrong: [String] = []
            var number = reader * 100
            while !isDone {
              number = (number + 7) % 300
              let value = try? await safe.read("n\(number)")
              if value != "secret \(number)", value != "new \(number)" {
                wrong.append("\(number): \(value ?? "nothing")")
              }
            }
            return wrong
          }
        }
        let writer = Loop.task { () -> Int in
          let old = try? Vault(Configuration(["VAULT_KEYS": TestVault.list(TestVault.older)]))
          var number = 0
          while !isDone, number < 300, let old {
            guard let secret = try? old.seal(Array("new \(number)".utf8), name: "n\(number)"),
              (try? await safe.owner.run(
                "select vault.put_sealed(\(secret.id), \(secret.name), \(secret.sealed))"
              )) != nil
            else { return -1 }
            number += 10
          }
          return number
        }
        try await rotation.run()
        isDone = true
        for reader in readers { #expect(await reader.value == []) }
        #expect(await writer.value > 0)
        try await rotation.run()
        #expect(rotation.failures == [])
        #expect(try await safe.count("key_id <> 'k2' or secret like 'p1.%'") == 0)
        #expect(try await safe.read("plain") == "came in plain")
        #expect(try await safe.read("n0") == "new 0")
        #expect(try await safe.read("n299") == "secret 299")
        try await safe.owner.run("select vault.retire_key('k1')")
      }
    }
  }

  @Test("waits for nobody who has a secret locked, and comes back to that one")
  func passesOver() async throws {
    try await TestVault.with { server in
      try await onLoop {
        let safe = try await Safe(server, 30)
        defer { safe.database.close() }
        let rotation = Rotation(safe.vault, safe.owner, batch: 10)
        var done = Task<Void, Never> {}
        try await safe.owner.exclusive { transaction in
          try await transaction.run("select from vault.secrets where name = 'n3' for update")
          done = Loop.task { try? await rotation.run() }
          // All others, while the lock is held.
          for _ in 0..<200 where try await safe.count("key_id = 'k2'") < 29 {
            try await Loop.sleep(for: .milliseconds(10))
          }
          #expect(try await safe.count("key_id = 'k2'") == 29)
        }
        await done.value
        #expect(try await safe.count("key_id = 'k2'") == 30)
      }
    }
  }

  @Test("goes on where it was stopped, and does nothing twice")
  func isResumable() async throws {
    try await TestVault.with { server in
      try await onLoop {
        let safe = try await Safe(server, 50)
        defer { safe.database.close() }
        let first = Rotation(safe.vault, StoppedAfter(safe.owner, statements: 5), batch: 10)
        await #expect(throws: (any Error).self) { try await first.run() }
        #expect(first.rotated == 20)
        #expect(try await safe.count("key_id = 'k2'") == 20)
        let second = Rotation(safe.vault, safe.owner, batch: 10)
        try await second.run()
        #expect(second.rotated == 30)
        #expect(try await safe.count("key_id = 'k2'") == 50)
        let third = Rotation(safe.vault, safe.owner, batch: 10)
        try await third.run()
        #expect(third.rotated == 0)
      }
    }
  }

  @Test("leaves what does not open as it is, says which, and goes on")
  func reports() async throws {
    try await TestVault.with { server in
      try await onLoop {
        let safe = try await Safe(server, 12)
        defer { safe.database.close() }
        let foreign = try Vault(Configuration(["VAULT_KEYS": TestVault.list("k9")]))
        let secret = try foreign.seal([1], name: "foreign")
        try await safe.owner.run(
          "select vault.put_sealed(\(secret.id), \(secret.name), \(secret.sealed))"
        )
        let rotation = Rotation(safe.vault, safe.owner, batch: 5)
        try await rotation.run()
        #expect(rotation.rotated == 12)
        #expect(rotation.failures == ["foreign: the vault's key k9 is not in VAULT_KEYS"])
        #expect(try await safe.count("key_id = 'k9'") == 1)
      }
    }
  }
}

/// Passes so many statements on.
@Loop
private final class StoppedAfter: Querying {
  private let session: Postgres.Session
  private var left: Int

  init(_ session: Postgres.Session, statements: Int) {
    self.session = session
    left = statements
  }

  func run(_ statements: [SQL], function: String) async throws(PostgresError) -> [Rows] {
    left -= 1
    guard left >= 0 else { throw .connectionLost }
    return try await session.run(statements, function: function)
  }
}
