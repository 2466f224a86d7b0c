internal import COpenSSL

/// Owns an `EVP_PKEY`.
final class KeyHandle {
  /// Never null, freed with this object.
  let pointer: OpaquePointer

  private init(_ pointer: OpaquePointer) { self.pointer = pointer }

  deinit { EVP_PKEY_free(pointer) }

  /// A new P-256 pair.
  static func generateP256() throws(CryptoError) -> KeyHandle {
    KeyHandle(try CryptoError.check(sv_generate_p256(), "EVP_PKEY_Q_keygen"))
  }

  /// - Parameters:
  ///   - point: 65 bytes, uncompressed; must lie on the curve.
  ///   - scalar: 32 bytes, for a private key; must belong to the point.
  static func p256(point: Span<UInt8>, scalar: SecretBytes? = nil) throws(CryptoError) -> KeyHandle
  {
    var parameters = Parameters()
    parameters.add("group", text: "P-256")
    parameters.add("pub", octets: point)
    if let scalar { scalar.withBytes { parameters.add("priv", number: $0.span) } }
    return try make("EC", parameters, isPair: scalar != nil)
  }

  /// An RSA public key of 2048 to 8192 bits whose exponent is odd and at least 65537; both numbers
  /// big-endian without leading zeros.
  static func rsa(modulus: Span<UInt8>, exponent: Span<UInt8>) throws(CryptoError) -> KeyHandle {
    guard modulus[0] != 0, exponent[0] != 0 else {
      throw .invalidKey("an RSA number starts with a zero byte")
    }
    guard modulus.count <= 1024, exponent.count <= 8 else {
      throw .invalidKey("an RSA key has at most 8192 bits and an exponent of 64")
    }
    let bits = modulus.count * 8 - modulus[0].leadingZeroBitCount
    guard bits >= 2048 else { throw .invalidKey("an RSA key has at least 2048 bits, not \(bits)") }
    var value: UInt64 = 0
    for index in exponent.indices { value = value << 8 | UInt64(exponent[index]) }
    guard value >= 65537, value & 1 == 1 else {
      throw .invalidKey("an RSA exponent is odd and at least 65537")
    }
    var parameters = Parameters()
    parameters.add("n", number: modulus)
    parameters.add("e", number: exponent)
    return try make("RSA", parameters, isPair: false)
  }

  /// A number of a P-256 key as 32 bytes: a coordinate or the private scalar, which is the caller's
  /// to wipe.
  func number(_ name: String) throws(CryptoError) -> [UInt8] {
    var number: OpaquePointer?
    try CryptoError.check(EVP_PKEY_get_bn_param(pointer, name, &number), "EVP_PKEY_get_bn_param")
    defer { BN_clear_free(number) }
    var bytes = [UInt8](repeating: 0, count: 32)
    guard BN_bn2binpad(number, &bytes, 32) == 32 else { throw .fromLibrary("BN_bn2binpad") }
    return bytes
  }

  private static func make(
    _ type: String,
    _ parameters: borrowing Parameters,
    isPair: Bool
  ) throws(CryptoError) -> KeyHandle {
    let context = try CryptoError.check(
      EVP_PKEY_CTX_new_from_name(nil, type, nil),
      "EVP_PKEY_CTX_new"
    )
    defer { EVP_PKEY_CTX_free(context) }
    try CryptoError.check(EVP_PKEY_fromdata_init(context), "EVP_PKEY_fromdata_init")
    var pointer: OpaquePointer?
    let selection = isPair ? sv_key_pair_selection() : sv_public_key_selection()
    let status = parameters.withPointer { EVP_PKEY_fromdata(context, &pointer, selection, $0) }
    guard status == 1, let pointer else {
      ERR_clear_error()
      throw .invalidKey("OpenSSL takes it for no \(type) key")
    }
    let key = KeyHandle(pointer)
    try key.validate(isPair: isPair)
    return key
  }

  private func validate(isPair: Bool) throws(CryptoError) {
    let context = try CryptoError.check(
      EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil),
      "EVP_PKEY_CTX_new"
    )
    defer { EVP_PKEY_CTX_free(context) }
    guard EVP_PKEY_public_check(context) == 1,
      !isPair || EVP_PKEY_pairwise_check(context) == 1
    else {
      ERR_clear_error()
      throw .invalidKey("OpenSSL finds it inconsistent")
    }
  }
}
