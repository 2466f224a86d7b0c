import Crypto

/// What a client began a sign-in with, which only who holds its verifier can end (RFC 7636).
struct CodeChallenge: Sendable {
  let text: String
  /// `s256` or `plain`.
  let method: String

  /// Nil when the client asks for none.
  ///
  /// - Throws: ``AuthFailure`` with `validation_failed` for half a challenge, or a malformed one.
  init?(_ fields: Fields) throws(AuthFailure) {
    let method = try fields.text("code_challenge_method")?.lowercased()
    let text = try fields.text("code_challenge")
    if method == nil, text == nil { return nil }
    guard let method, let text else {
      throw .invalid(
        "PKCE flow requires code_challenge_method and code_challenge to be provided"
      )
    }
    guard method == "s256" || method == "plain" else {
      throw .invalid("code_challenge_method must be s256 or plain")
    }
    guard (43...128).contains(text.utf8.count), text.utf8.allSatisfy(Self.isUnreserved) else {
      throw .invalid("code challenge has to be between 43 and 128 characters")
    }
    self.text = text
    self.method = method
  }

  /// What a verifier's challenge is by method `s256`.
  static func s256(of verifier: String) throws -> String {
    let digest = try SHA2.sha256(verifier.utf8.span)
    return Base64URL.encode(digest.span)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
