import Core
import Crypto
import JSON
import Testing

@testable import auth

@Suite("A sealed mail")
struct MailSealTests {
  private let seal: MailSeal

  init() throws {
    let key = try #require(try SigningKey.generate().privateJWK())
    seal = try MailSeal(Configuration(["JWT_SIGNING_KEY": key]))
  }

  private let content = MailContent(
    .emailChange,
    to: "new@example.com",
    confirmationURL: "https://api.example/auth/v1/verify?token=t0k3n",
    token: "123456",
    tokenHash: "t0k3n",
    siteURL: "https://app.example",
    email: "old@example.com",
    newEmail: "new@example.com",
    redirectTo: "https://app.example/welcome",
    data: ["name": "Ann \"the\" Ünicode", "nested": ["deep": 1]]
  )

  @Test("says what it said when it is opened")
  func opens() throws {
    let sealed = try seal.seal(content)
    #expect(try seal.open(sealed, .emailChange, to: "new@example.com") == content)
  }

  @Test("shows none of its variables")
  func hides() throws {
    let text = String(decoding: try seal.seal(content), as: UTF8.self)
    for secret in ["t0k3n", "123456", "verify", "Ann", "old@example.com"] {
      #expect(!text.contains(secret))
    }
  }

  @Test("can't be moved to another kind or recipient")
  func isBound() throws {
    let sealed = try seal.seal(content)
    #expect(failure(of: sealed, .recovery, to: "new@example.com") == .authenticationFailed)
    #expect(failure(of: sealed, .emailChange, to: "thief@example.com") == .authenticationFailed)
    #expect(failure(of: sealed, .emailChange, to: "new@example.com ") == .authenticationFailed)
  }

  @Test("can't be opened with another signing key")
  func isBoundToKey() throws {
    let key = try #require(try SigningKey.generate().privateJWK())
    let sealed = try MailSeal(signingKey: key).seal(content)
    #expect(failure(of: sealed, .emailChange, to: "new@example.com") == .authenticationFailed)
  }

  @Test("can't be opened when a bit of it has changed")
  func isWhole() throws {
    let sealed = try seal.seal(content)
    for index in [0, sealed.count / 2, sealed.count - 1] {
      var broken = sealed
      broken[index] ^= 1
      #expect(failure(of: broken, .emailChange, to: "new@example.com") == .authenticationFailed)
    }
  }

  private func failure(
    of sealed: [UInt8],
    _ kind: MailContent.Kind,
    to recipient: String
  ) -> CryptoError? {
    do {
      _ = try seal.open(sealed, kind, to: recipient)
      return nil
    } catch {
      return error as? CryptoError
    }
  }

  @Test("is opened by every process that has the same key, be it a pair or a shared secret")
  func isShared() throws {
    let pair = try #require(try SigningKey.generate().privateJWK())
    let secret = #"{"kty":"oct","k":"\#(try Random.token(byteCount: 48))"}"#
    for key in [pair, secret] {
      let sealed = try MailSeal(signingKey: key).seal(content)
      let opened = try MailSeal(signingKey: key).open(sealed, .emailChange, to: "new@example.com")
      #expect(opened == content)
    }
  }

  @Test("needs a key with its secret part", arguments: ["", "{}", "no JSON"])
  func needsKey(key: String) throws {
    #expect(throws: (any Error).self) {
      try MailSeal(Configuration(["JWT_SIGNING_KEY": key]))
    }
    let pair = try SigningKey.generate()
    let open = try #require(try pair.publicJWK())
    #expect(throws: (any Error).self) { try MailSeal(signingKey: open) }
  }
}
