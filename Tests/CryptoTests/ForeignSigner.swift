import COpenSSL

@testable import Crypto

/// Signs as others might: with algorithms that are not taken, with another kind of key, in another
/// form. What it makes is right by OpenSSL, so a refusal is for a rule and not for a broken token.
final class ForeignSigner {
  enum Failure: Error { case openssl }

  private let key: OpaquePointer

  private init(_ key: OpaquePointer) { self.key = key }

  deinit { EVP_PKEY_free(key) }

  /// A new key: RSA of so many bits, ED25519, or EC on P-256.
  static func generate(_ type: String, bits: Int32 = 2048) throws -> ForeignSigner {
    guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { throw Failure.openssl }
    defer { EVP_PKEY_CTX_free(context) }
    guard EVP_PKEY_keygen_init(context) == 1 else { throw Failure.openssl }
    if type == "RSA" { EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) }
    if type == "EC" { EVP_PKEY_CTX_set_group_name(context, "P-256") }
    var key: OpaquePointer?
    guard EVP_PKEY_generate(context, &key) == 1, let key else { throw Failure.openssl }
    return ForeignSigner(key)
  }

  /// Nil for Ed25519, which hashes by itself.
  func sign(_ message: [UInt8], digest: String? = "SHA256", pss: Bool = false) throws -> [UInt8] {
    guard let context = EVP_MD_CTX_new() else { throw Failure.openssl }
    defer { EVP_MD_CTX_free(context) }
    var parameters: OpaquePointer?
    guard EVP_DigestSignInit_ex(context, &parameters, digest, nil, nil, key, nil) == 1 else {
      throw Failure.openssl
    }
    if pss { EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) }
    var signature = [UInt8](repeating: 0, count: 512)
    var count = signature.count
    guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
      throw Failure.openssl
    }
    return Array(signature.prefix(count))
  }

  /// The public RSA key as a JWK.
  func rsaJWK(kid: String) throws -> String {
    let members = try ["n", "e"].map { name in
      var number: OpaquePointer?
      guard EVP_PKEY_get_bn_param(key, name, &number) == 1 else { throw Failure.openssl }
      defer { BN_free(number) }
      var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(number) + 7) / 8)
      BN_bn2bin(number, &bytes)
      return "\"\(name)\":\"\(Base64URL.encode(bytes.span))\""
    }
    return "{\"kty\":\"RSA\",\"kid\":\"\(kid)\",\(members.joined(separator: ","))}"
  }

  /// HMAC with any hash and any secret.
  static func code(_ message: [UInt8], secret: [UInt8], digest: String) throws -> [UInt8] {
    var code = [UInt8](repeating: 0, count: 64)
    var count = 0
    let result = EVP_Q_mac(
      nil,
      "HMAC",
      nil,
      digest,
      nil,
      secret,
      secret.count,
      message,
      message.count,
      &code,
      code.count,
      &count
    )
    guard result != nil else { throw Failure.openssl }
    return Array(code.prefix(count))
  }
}

/// Puts tokens together from parts that may be wrong.
enum Forge {
  static func encode(_ text: String) -> String { Base64URL.encode(text.utf8.span) }

  static func encode(_ bytes: [UInt8]) -> String { Base64URL.encode(bytes.span) }

  /// Header and claims as they are, signed well.
  static func token(header: String, claims: String, key: SigningKey) throws -> String {
    try token(parts: "\(encode(header)).\(encode(claims))", key: key)
  }

  /// The two first parts as they are, signed well.
  static func token(parts: String, key: SigningKey) throws -> String {
    let signature = try key.signature(over: parts.utf8.span)
    return "\(parts).\(encode(signature))"
  }
}
