@testable import Crypto

/// Bytes of a vector written in hexadecimal; white space is for the reader.
func hex(_ text: String) -> [UInt8] {
  Hex.decode(Array(text.utf8.filter { $0 > 0x20 }).span) ?? []
}

extension String {
  /// UTF-8.
  var bytes: [UInt8] { Array(utf8) }
}

extension [UInt8] {
  /// Lower case.
  var hexadecimal: String { Hex.encode(span) }
  /// As text.
  var text: String { String(decoding: self, as: UTF8.self) }
}

/// What the tests' tokens share: one key pair, one secret, one moment.
enum Fixture {
  static let now = 1_800_000_000
  static let issuer = "http://127.0.0.1:54321/auth/v1"
  static let secret = "a secret of the tests that has more than 32 bytes"
  static let user = "6f1c0e9a-6d2f-4f43-9b0c-000000000010"
  static let session = "6f1c0e9a-6d2f-4f43-9b0c-000000000011"
  static let rules = TokenRules(issuer: issuer)

  /// A user's claims as auth writes them.
  static let claims = """
    {"iss":"\(issuer)","sub":"\(user)","aud":"authenticated","exp":\(now + 3600),"iat":\(now),\
    "email":"somebody@example.com","phone":"","app_metadata":{"provider":"email","providers":\
    ["email"]},"user_metadata":{},"role":"authenticated","aal":"aal1","amr":[{"method":\
    "password","timestamp":\(now)}],"session_id":"\(session)","is_anonymous":false}
    """

  /// The pair of RFC 7515 A.3, with a name.
  static let privateJWK = """
    {"kty":"EC","crv":"P-256","kid":"es-1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",\
    "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
    """

  /// A verifier of one public key, or of the secret.
  static func verifier(
    for key: SigningKey? = nil,
    secret: String? = nil,
    capacity: Int = 1024
  ) throws -> TokenVerifier {
    let jwk = try key?.publicJWK()
    let keys = try KeySet(jwks: jwk.map { "{\"keys\":[\($0)]}" }, secret: secret)
    return try TokenVerifier(keys: keys, rules: rules, capacity: capacity)
  }
}

/// `#expect` can't pass a span on in a call whose result is a Bool; these take arrays.
func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  constantTimeEqual(left.span, right.span)
}

extension HMACSHA256 {
  func accepts(_ code: [UInt8], for message: String) throws -> Bool {
    try isValid(code.span, for: message.utf8.span)
  }
}

extension Bcrypt {
  static func matches(_ password: [UInt8], _ hash: String) throws -> Bool {
    try verify(password.span, against: hash)
  }
}

extension VerificationKey {
  func accepts(_ signature: [UInt8], for message: String) throws -> Bool {
    try isValid(signature.span, for: message.utf8.span)
  }
}

extension JSONValue? {
  var isNothing: Bool {
    if case nil = self { true } else { false }
  }
}

/// From base64url.
func decoded(_ text: some StringProtocol) -> [UInt8]? {
  let bytes = Array(text.utf8)
  return Base64URL.decode(bytes.span)
}

/// From JOSE's form of a signature.
func der(_ signature: [UInt8]) -> [UInt8]? {
  ECDSASignature.der(signature.span)
}
