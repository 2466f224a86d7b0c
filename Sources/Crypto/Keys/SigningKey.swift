internal import COpenSSL

/// A key that tokens are signed with: only auth and tools hold one.
package final class SigningKey {
  private enum Method {
    case code(HMACSHA256)
    case signature(KeyHandle)
  }

  /// The `kid` that its tokens carry, nil for none.
  package let keyID: String?
  /// The `alg` that its tokens carry.
  package let algorithm: Algorithm
  private let method: Method

  private init(keyID: String?, algorithm: Algorithm, method: Method) {
    self.keyID = keyID
    self.algorithm = algorithm
    self.method = method
  }

  /// A private P-256 key or a shared secret (`oct`) as a JWK: `JWT_SIGNING_KEY`.
  package convenience init(jwk: String) throws(CryptoError) {
    let object: JSONObject
    do {
      object = try JSONObject(Array(jwk.utf8))
    } catch { throw .invalidKey("a JWK is not JSON: \(error)") }
    var key = try JSONWebKey(object, for: "sign")
    defer { key.wipe() }
    var secret = try key.bytes(key.algorithm == .hs256 ? "k" : "d")
    defer { wipe(&secret) }
    switch key.algorithm {
    case .hs256:
      self.init(
        keyID: key.keyID,
        algorithm: .hs256,
        method: .code(try VerificationKey.codes(with: secret.span))
      )
    case .es256:
      guard secret.count == 32 else { throw .invalidKey("d does not have 32 bytes") }
      let point = try key.point()
      let handle = try KeyHandle.p256(point: point.span, scalar: SecretBytes(secret.span))
      self.init(keyID: key.keyID, algorithm: .es256, method: .signature(handle))
    case .rs256:
      throw .invalidKey("tokens are not signed with RSA")
    }
  }

  /// A shared secret of at least 32 bytes; its tokens carry no `kid`.
  package convenience init(secret: String) throws(CryptoError) {
    self.init(
      keyID: nil,
      algorithm: .hs256,
      method: .code(try VerificationKey.codes(with: secret.utf8.span))
    )
  }

  /// A new P-256 pair, named by its thumbprint (RFC 7638).
  package static func generate() throws(CryptoError) -> SigningKey {
    let handle = try KeyHandle.generateP256()
    let members = try publicMembers(of: handle)
    let thumbprint = try SHA2.sha256("{\(members)}".utf8.span)
    return SigningKey(
      keyID: Base64URL.encode(thumbprint.span),
      algorithm: .es256,
      method: .signature(handle)
    )
  }

  /// What verifies this key's tokens, as one line of JSON for a JWK set; nil for a shared secret.
  package func publicJWK() throws(CryptoError) -> String? {
    guard case .signature(let handle) = method else { return nil }
    return try Self.jwk(Self.publicMembers(of: handle), keyID: keyID, operation: "verify")
  }

  /// The pair as one line of JSON, which `init(jwk:)` reads; nil for a shared secret.
  package func privateJWK() throws(CryptoError) -> String? {
    guard case .signature(let handle) = method else { return nil }
    var scalar = try handle.number("priv")
    defer { wipe(&scalar) }
    let members = try "\(Self.publicMembers(of: handle)),\"d\":\"\(Base64URL.encode(scalar.span))\""
    return Self.jwk(members, keyID: keyID, operation: "sign")
  }

  /// A token in compact form.
  ///
  /// - Parameters:
  ///   - claims: a JSON object, signed byte for byte.
  ///   - type: the header's `typ`, without characters that JSON escapes.
  package func sign(
    claims: Span<UInt8>,
    type: String = "JWT"
  ) throws(CryptoError) -> String {
    let name = keyID.map { ",\"kid\":\"\($0)\"" } ?? ""
    let header = "{\"alg\":\"\(algorithm.rawValue)\"\(name),\"typ\":\"\(type)\"}"
    let message = "\(Base64URL.encode(header.utf8.span)).\(Base64URL.encode(claims))"
    let signature = try signature(over: message.utf8.span)
    return "\(message).\(Base64URL.encode(signature.span))"
  }

  /// The signature in JOSE's form.
  func signature(over message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    switch method {
    case .code(let codes): return try codes.authenticate(message)
    case .signature(let handle):
      let digest = try SHA2.sha256(message)
      let context = try CryptoError.check(
        EVP_PKEY_CTX_new_from_pkey(nil, handle.pointer, nil),
        "EVP_PKEY_CTX_new"
      )
      defer { EVP_PKEY_CTX_free(context) }
      try CryptoError.check(EVP_PKEY_sign_init(context), "EVP_PKEY_sign_init")
      var der = [UInt8](repeating: 0, count: 80)
      var count = der.count
      try CryptoError.check(
        EVP_PKEY_sign(context, &der, &count, digest, digest.count),
        "EVP_PKEY_sign"
      )
      guard let signature = ECDSASignature.joined(der.span.extracting(..<count)) else {
        throw .library(operation: "EVP_PKEY_sign", reason: "not a P-256 signature")
      }
      return signature
    }
  }

  /// The members that a thumbprint is made of, in its order.
  private static func publicMembers(of handle: KeyHandle) throws(CryptoError) -> String {
    let x = try handle.number("qx")
    let y = try handle.number("qy")
    return "\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"\(Base64URL.encode(x.span))\","
      + "\"y\":\"\(Base64URL.encode(y.span))\""
  }

  private static func jwk(_ members: String, keyID: String?, operation: String) -> String {
    let name = keyID.map { ",\"kid\":\"\($0)\"" } ?? ""
    return "{\(members),\"alg\":\"ES256\",\"use\":\"sig\",\"key_ops\":[\"\(operation)\"]\(name)}"
  }
}
