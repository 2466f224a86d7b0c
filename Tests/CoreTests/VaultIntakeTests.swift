import Crypto
import Postgres
import TestSupport
import Testing

@testable import Core

@Suite("A secret that came in plain")
struct VaultIntakeTests {
  private static let vault = Result { try Vault(Configuration(["VAULT_KEYS": TestVault.keys])) }

  private var vault: Vault { get throws { try Self.vault.get() } }

  private func secret(_ name: String, in database: TestDatabase) async throws -> SealedSecret {
    let row = try await database.psql(
      "select id || ' ' || secret from vault.secrets where coalesce(name, '') = '\(name)'"
    )
    let words = row.split(whereSeparator: \.isWhitespace).map(String.init)
    let id = try #require(UUID(words[0]))
    return SealedSecret(id: id, name: name, sealed: words[1])
  }

  @Test(
    "is opened by who has the master key",
    arguments: ["", "x", "ya29.a0Ae", "żółć 🎬\r\nline", String(repeating: "long ", count: 13_000)]
  )
  func isOpened(text: String) async throws {
    try await TestVault.with { database in
      try await database.psql("insert into vault.secrets (secret, name) values ('\(text)', 'ż 1')")
      let sealed = try await secret("ż 1", in: database)
      #expect(sealed.sealed.hasPrefix("p1.\(TestVault.newest)."))
      #expect(try vault.open(sealed).text == text)
      #expect(try vault.open(vault.resealed(sealed)).text == text)
      #expect(try vault.resealed(sealed).sealed.hasPrefix("v1.\(TestVault.newest)."))
    }
  }

  @Test("is opened by no other key, for no other row, and not when a letter was changed")
  func keepsToItsRow() async throws {
    try await TestVault.with { database in
      try await database.psql("select vault.create_secret('plain', 'a')")
      let sealed = try await secret("a", in: database)
      let other = try UUID.random()
      for moved in [
        SealedSecret(id: other, name: "a", sealed: sealed.sealed),
        SealedSecret(id: sealed.id, name: "b", sealed: sealed.sealed),
        SealedSecret(id: sealed.id, name: "", sealed: sealed.sealed),
      ] {
        #expect(throws: VaultError.notAuthentic) { try vault.open(moved) }
        #expect(throws: VaultError.notAuthentic) { try vault.resealed(moved) }
      }
      let foreign = try Vault(
        Configuration(["VAULT_KEYS": "k2:\(Base64.encode([UInt8](repeating: 1, count: 32).span))"])
      )
      #expect(throws: VaultError.notAuthentic) { try foreign.open(sealed) }
      let bytes = Array(sealed.sealed.utf8)
      // The id of the sealing key in the message is not looked at: its owner is found by trying.
      let unread = 44...66
      let places = stride(from: 0, to: bytes.count, by: 7)
      for index in places where !unread.contains(index) && !(6...38).contains(index) {
        var changed = bytes
        changed[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        let text = String(decoding: changed, as: UTF8.self)
        #expect(throws: (any Error).self, "letter \(index) of \(bytes.count)") {
          try vault.open(SealedSecret(id: sealed.id, name: "a", sealed: text))
        }
      }
    }
  }
}
