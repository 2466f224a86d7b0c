import Crypto

/// What a code's verifier is held against (RFC 7636).
struct CodeChallenge: Sendable, Equatable {
  /// How a platform writes the hash.
  enum Encoding: Sendable { case base64URL, hexadecimal }

  let text: String
  let isHashed: Bool
  let encoding: Encoding

  /// - Throws: ``Problem`` for a method that is none.
  static func read(
    _ parameters: Parameters,
    _ encoding: Encoding,
    takesPlain: Bool
  ) throws(Problem) -> CodeChallenge? {
    guard let text = parameters["code_challenge"] else { return nil }
    switch parameters["code_challenge_method"] {
    case "S256": return CodeChallenge(text: text, isHashed: true, encoding: encoding)
    case "plain" where takesPlain, nil where takesPlain:
      return CodeChallenge(text: text, isHashed: false, encoding: encoding)
    default: throw Problem()
    }
  }

  struct Problem: Error {}

  /// Whether this is the verifier that the challenge was made of.
  func isMet(by verifier: String) -> Bool {
    let allowed = verifier.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        true
      default: false
      }
    }
    guard allowed, (43...128).contains(verifier.utf8.count) else { return false }
    guard isHashed else { return verifier == text }
    guard let hash = try? SHA2.sha256(verifier.utf8.span) else { return false }
    return switch encoding {
    case .base64URL: Base64URL.encode(hash.span) == text
    case .hexadecimal: Hex.encode(hash.span) == text
    }
  }
}
