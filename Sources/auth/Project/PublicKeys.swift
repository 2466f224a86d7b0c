import Core
import HTTP
import JSON
import Loop

/// What tokens can be checked with: public keys only.
///
/// `GET /.well-known/jwks.json`
enum PublicKeys: Endpoint {
  /// What may be told of a key (RFC 7517 §4, RFC 7518 §6.2.1 and §6.3.1).
  private nonisolated static let told: Set<String> = [
    "kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e",
  ]

  static func answer(_ ask: Ask, _ auth: Auth) async throws -> Response { shared(auth.jwks) }

  static func json(_ configuration: Configuration) throws -> [UInt8] {
    try json(of: configuration[.jwks] ?? #"{"keys":[]}"#)
  }

  /// Of a JWK set those that are no shared secret, and no private part of any.
  nonisolated static func json(of text: String) throws -> [UInt8] {
    let set: JSON
    do { set = try JSON(parsing: Array(text.utf8)) } catch {
      throw ConfigurationError("JWT_JWKS is not JSON: \(error)")
    }
    guard case .array(let keys)? = set["keys"] else {
      throw ConfigurationError("JWT_JWKS has no keys")
    }
    let publicKeys = keys.compactMap { key -> JSON? in
      guard case .object(let members) = key, key["kty"] != "oct" else { return nil }
      return .object(members.filter { told.contains($0.name) })
    }
    let json: JSON = ["keys": .array(publicKeys)]
    return json.bytes
  }

  /// The algorithms of a set.
  static func algorithms(_ jwks: [UInt8]) -> [JSON] {
    guard case .array(let keys)? = (try? JSON(parsing: jwks))?["keys"] else { return [] }
    return keys.compactMap { $0["alg"] }
  }

  /// What anybody may keep for ten minutes.
  static func shared(_ json: [UInt8]) -> Response {
    var response = Response(json: json)
    response.headers.append(("cache-control", "public, max-age=600"))
    return response
  }
}
