import Crypto
import HTTP
import Postgres
import TestSupport
import Testing

@testable import Core

@Suite("The vault")
struct VaultTests {
  private static let id = UUID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001)
  private static let name = "user_1_youtube_2"
  private let plain = Array("ya29.a0Ae — token".utf8)

  private func vault(_ keys: String) throws -> Vault {
    try Vault(Configuration(["VAULT_KEYS": keys]))
  }

  @Test(
    "opens what it sealed",
    arguments: ["", "x", "żółć 🎬", String(repeating: "long", count: 10_000)]
  )
  func opens(text: String) throws {
    let vault = try vault(TestVault.keys)
    let sealed = try vault.seal(Array(text.utf8), id: Self.id, name: Self.name)
    #expect(try vault.open(sealed).text == text)
    #expect(sealed.keyID == TestVault.newest)
    let parts = sealed.sealed.split(separator: ".")
    #expect(parts.map(\.count).prefix(3) == [2, TestVault.newest.count, 80])
  }

  @Test("seals the same twice as two texts")
  func sealsAnew() throws {
    let vault = try vault(TestVault.keys)
    let first = try vault.seal(plain, id: Self.id, name: Self.name)
    let second = try vault.seal(plain, id: Self.id, name: Self.name)
    for (one, other) in zip(first.parts, second.parts).dropFirst(2) { #expect(one != other) }
  }

  @Test("does not open what was moved to another id, another name or another key")
  func keepsToItsRow() throws {
    let vault = try vault(TestVault.keys)
    let sealed = try vault.seal(plain, id: Self.id, name: Self.name)
    let other = UUID(high: Self.id.high, low: Self.id.low + 1)
    let renamed = sealed.sealed.replacing(".\(TestVault.newest).", with: ".\(TestVault.older).")
    let moved = [
      SealedSecret(id: other, name: Self.name, sealed: sealed.sealed),
      SealedSecret(id: Self.id, name: "user_2_youtube_2", sealed: sealed.sealed),
      SealedSecret(id: Self.id, name: Self.name, sealed: renamed),
    ]
    for secret in moved {
      #expect(throws: VaultError.notAuthentic) { try vault.open(secret) }
    }
  }

  @Test("does not open what was moved to another id of the same key")
  func keepsToItsKeyID() throws {
    let vault = try vault("a:\(Self.key),b:\(Self.key)")
    let sealed = try vault.seal(plain, id: Self.id, name: Self.name)
    let renamed = sealed.sealed.replacing(".a.", with: ".b.")
    #expect(throws: VaultError.notAuthentic) {
      try vault.open(SealedSecret(id: Self.id, name: Self.name, sealed: renamed))
    }
  }

  @Test("does not open one secret's text with another's data key, nor one moved whole")
  func keepsPartsTogether() throws {
    let vault = try vault(TestVault.keys)
    let first = try vault.seal(plain, id: Self.id, name: Self.name)
    let second = try vault.seal(Array("other".utf8), id: Self.id, name: Self.name)
    let mixed = (first.parts.prefix(3) + second.parts.suffix(1)).joined(separator: ".")
    #expect(throws: VaultError.notAuthentic) {
      try vault.open(SealedSecret(id: Self.id, name: Self.name, sealed: mixed))
    }
    // The data key is bound by itself: with the row's own secret behind it, it does not open either.
    let elsewhere = try vault.seal(plain, id: Self.id, name: "elsewhere")
    let swapped = (elsewhere.parts.prefix(3) + first.parts.suffix(1)).joined(separator: ".")
    #expect(throws: VaultError.notAuthentic) {
      try vault.open(SealedSecret(id: Self.id, name: Self.name, sealed: swapped))
    }
  }

  @Test("opens no text that one letter was changed in")
  func isAuthentic() throws {
    let vault = try vault(TestVault.keys)
    let sealed = try vault.seal(plain, id: Self.id, name: Self.name)
    let bytes = Array(sealed.sealed.utf8)
    for index in bytes.indices {
      var changed = bytes
      changed[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      let text = String(decoding: changed, as: UTF8.self)
      #expect(throws: VaultError.self, "letter \(index)") {
        try vault.open(SealedSecret(id: Self.id, name: Self.name, sealed: text))
      }
    }
  }

  @Test("opens what an older key sealed, and names the key that it does not have")
  func knowsSeveralKeys() throws {
    let old = try vault(TestVault.list(TestVault.older))
    let sealed = try old.seal(plain, id: Self.id, name: Self.name)
    let both = try vault(TestVault.keys)
    #expect(try both.open(sealed).bytes == plain)
    let new = try vault(TestVault.list(TestVault.newest))
    #expect(throws: VaultError.unknownKey(TestVault.older)) { try new.open(sealed) }
    let other = try vault(
      "\(TestVault.older):\(Base64.encode([UInt8](repeating: 9, count: 32).span))"
    )
    #expect(throws: VaultError.notAuthentic) { try other.open(sealed) }
  }

  @Test("brings a secret under the first key and leaves its text as it is")
  func rewraps() throws {
    let old = try vault(TestVault.list(TestVault.older))
    let sealed = try old.seal(plain, id: Self.id, name: Self.name)
    let both = try vault(TestVault.keys)
    let rewrapped = try both.resealed(sealed)
    #expect(rewrapped.keyID == TestVault.newest)
    #expect(rewrapped.parts[3] == sealed.parts[3])
    #expect(try vault(TestVault.list(TestVault.newest)).open(rewrapped).bytes == plain)
    #expect(throws: VaultError.unknownKey(TestVault.newest)) { try old.open(rewrapped) }
    let moved = SealedSecret(id: Self.id, name: "moved", sealed: sealed.sealed)
    #expect(throws: VaultError.notAuthentic) { try both.resealed(moved) }
  }

  @Test("refuses keys that are none, and says nothing of them", arguments: badLists)
  func refusesKeys(list: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try vault(list) }
    #expect(error?.description.contains("AAAA") == false)
  }

  @Test("is NOT_CONFIGURED without keys")
  func needsKeys() throws {
    let failure = #expect(throws: Failure.self) { try Vault(Configuration([:])) }
    #expect(failure?.code == .notConfigured)
    #expect(failure?.message == "VAULT_KEYS is not set")
  }

  @Test("shows nothing of a secret or a key when it is printed or dumped")
  func staysSilent() throws {
    let vault = try vault(
      "k1:\(Base64.encode(Array("0123456789abcdef0123456789abcdef".utf8).span))"
    )
    var shown = "\(Secret(plain)) \(String(reflecting: Secret(plain))) \(vault)"
    dump(Secret(plain), to: &shown)
    dump(vault, to: &shown)
    #expect(!shown.contains("ya29"))
    #expect(!shown.contains("121") && !shown.contains("48"))
  }

  private static let badLists = [
    "AAAA", "k1", "k1:", "k1:AAAA", ":\(key)", "K1:\(key)", "k.1:\(key)", "k1:\(key),k1:\(key)",
    "k1:\(key)A", "\(String(repeating: "k", count: 33)):\(key)", "k1:\(key);k2:\(key)",
  ]

  private static let key = Base64.encode([UInt8](repeating: 0, count: 32).span)
}
