internal import COpenSSL

/// One key that tokens are checked with, for one algorithm.
final class VerificationKey {
  private enum Method {
    case code(HMACSHA256)
    case signature(SignatureContext, SHA256Hasher)
  }

  /// The only one that it verifies.
  let algorithm: Algorithm
  /// Nil for a key that tokens do not name.
  let keyID: String?
  private let method: Method

  /// A public EC or RSA key, or a shared secret. Private keys are refused: who verifies has no use
  /// for one.
  init(_ key: JSONWebKey) throws(CryptoError) {
    guard !key.isPrivate else { throw .invalidKey("it is private; only public keys belong here") }
    algorithm = key.algorithm
    keyID = key.keyID
    switch key.algorithm {
    case .hs256:
      var secret = try key.bytes("k")
      defer { wipe(&secret) }
      method = .code(try Self.codes(with: secret.span))
    case .es256:
      let point = try key.point()
      let handle = try KeyHandle.p256(point: point.span)
      method = .signature(try SignatureContext(handle), try SHA256Hasher())
    case .rs256:
      let modulus = try key.bytes("n")
      let exponent = try key.bytes("e")
      let handle = try KeyHandle.rsa(modulus: modulus.span, exponent: exponent.span)
      method = .signature(try SignatureContext(handle, isRSA: true), try SHA256Hasher())
    }
  }

  /// A shared secret without a name.
  init(secret: Span<UInt8>) throws(CryptoError) {
    algorithm = .hs256
    keyID = nil
    method = .code(try Self.codes(with: secret))
  }

  /// Whether the signature, in JOSE's form, was made over the message with this key's other half.
  func isValid(
    _ signature: Span<UInt8>,
    for message: Span<UInt8>
  ) throws(CryptoError) -> Bool {
    switch method {
    case .code(let codes):
      return try codes.isValid(signature, for: message)
    case .signature(let context, let hasher):
      try hasher.update(message)
      let digest = try hasher.finish().bytes
      guard algorithm == .es256 else { return context.isValid(signature, for: digest) }
      guard let der = ECDSASignature.der(signature) else { return false }
      return context.isValid(der.span, for: digest)
    }
  }

  /// RFC 7518 §3.2: not shorter than the hash.
  static func codes(with secret: Span<UInt8>) throws(CryptoError) -> HMACSHA256 {
    guard secret.count >= HMACSHA256.codeLength else {
      throw .invalidKey("an HS256 secret has at least 32 bytes, not \(secret.count)")
    }
    return try HMACSHA256(key: secret)
  }
}

/// Owns an `EVP_PKEY_CTX` that is ready to verify SHA-256 digests, again and again.
private final class SignatureContext {
  private let pointer: OpaquePointer

  init(_ key: KeyHandle, isRSA: Bool = false) throws(CryptoError) {
    pointer = try CryptoError.check(
      EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil),
      "EVP_PKEY_CTX_new"
    )
    try CryptoError.check(EVP_PKEY_verify_init(pointer), "EVP_PKEY_verify_init")
    if isRSA {
      try CryptoError.check(
        EVP_PKEY_CTX_set_rsa_padding(pointer, RSA_PKCS1_PADDING),
        "EVP_PKEY_CTX_set_rsa_padding"
      )
    }
    try CryptoError.check(
      EVP_PKEY_CTX_set_signature_md(pointer, EVP_sha256()),
      "EVP_PKEY_CTX_set_signature_md"
    )
  }

  deinit { EVP_PKEY_CTX_free(pointer) }

  func isValid(_ signature: Span<UInt8>, for digest: [UInt8]) -> Bool {
    let status = signature.withUnsafeBufferPointer {
      EVP_PKEY_verify(pointer, $0.baseAddress, $0.count, digest, digest.count)
    }
    if status != 1 { ERR_clear_error() }
    return status == 1
  }
}
