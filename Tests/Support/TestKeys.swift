import Crypto
import Glibc
package import JSON

/// The keys that tests sign tokens with; processes get the public one.
package struct TestKeys: Sendable {
  /// TikTok wants https of addresses that it sends browsers back to.
  package static let externalURL = "https://api.example"

  /// The private one.
  package let jwk: String
  /// The public one, as a JWK set.
  package let set: String

  package static var shared: TestKeys {
    get throws { try made.get() }
  }

  private static let made = Result { try TestKeys() }

  private init() throws {
    let key = try SigningKey.generate()
    jwk = try key.privateJWK() ?? ""
    set = "{\"keys\":[\(try key.publicJWK() ?? "")]}"
  }

  /// Of a user that is signed in.
  package func userToken(_ id: String) throws -> String {
    try token(role: "authenticated", ["sub": .string(id)])
  }

  /// - Parameter claims: over those of a user that are not given.
  package func token(role: String, _ claims: [String: JSON]) throws -> String {
    let now = Int(time(nil))
    var all: [String: JSON] = ["role": .string(role)]
    if role == "authenticated" {
      all["aud"] = "authenticated"
      all["iss"] = .string("\(Self.externalURL)/auth/v1")
      all["iat"] = JSON(now)
      all["exp"] = JSON(now + 3600)
    }
    all.merge(claims) { $1 }
    let members = all.map { JSON.Member($0.key, $0.value) }
    let bytes = JSON.object(members).bytes
    return try SigningKey(jwk: jwk).sign(claims: bytes.span)
  }
}
