/// The closed set of keys that tokens are checked with.
///
/// No two keys have the same name, and no two of one algorithm have none. Old and new keys stand
/// side by side while keys rotate.
package final class KeySet {
  private let keys: [VerificationKey]

  /// - Parameters:
  ///   - jwks: a JWK set (RFC 7517 §5) of public P-256 and RSA keys and shared secrets: `JWT_JWKS`.
  ///   - secret: an HS256 secret of at least 32 bytes, for tokens without `kid`: `JWT_SECRET`.
  /// - Throws: `invalidKey`, also for a private key and for a type of key that is not known: a key
  ///   that is left out in silence is noticed when it is needed.
  package init(jwks: String? = nil, secret: String? = nil) throws(CryptoError) {
    var keys: [VerificationKey] = []
    if let jwks { keys = try Self.parse(Array(jwks.utf8)) }
    if let secret { keys.append(try VerificationKey(secret: secret.utf8.span)) }
    for (index, key) in keys.enumerated() {
      let isKnown = keys[..<index].contains {
        $0.keyID == key.keyID && (key.keyID != nil || $0.algorithm == key.algorithm)
      }
      if isKnown {
        throw .invalidKey(
          key.keyID.map { "kid \($0) is there twice" }
            ?? "two \(key.algorithm.rawValue) keys have no kid"
        )
      }
    }
    self.keys = keys
  }

  /// How many keys there are.
  package var count: Int { keys.count }

  /// The key that a header means, nil when there is none or it is for another algorithm.
  func key(named keyID: String?, for algorithm: Algorithm) -> VerificationKey? {
    keys.first { $0.keyID == keyID && $0.algorithm == algorithm }
  }

  private static func parse(_ json: [UInt8]) throws(CryptoError) -> [VerificationKey] {
    do {
      let set = try JSONObject(json)
      guard case .array(let range)? = set["keys"] else {
        throw CryptoError.invalidKey("a JWK set has an array keys")
      }
      var keys: [VerificationKey] = []
      for element in try set.elements(at: range) {
        guard case .object(let range) = element else {
          throw CryptoError.invalidKey("a JWK is an object")
        }
        let key = try JSONWebKey(JSONObject(set.bytes, at: range), for: "verify")
        keys.append(try VerificationKey(key))
      }
      return keys
    } catch let error as CryptoError {
      throw error
    } catch {
      throw .invalidKey("a JWK set is not JSON: \(error)")
    }
  }
}
