internal import COpenSSL

/// OpenSSL's generator, seeded by the kernel.
package enum Random {
  /// - Throws: when the generator can't be seeded; there is never a weaker fallback.
  package static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard count > 0 else { return bytes }
    try CryptoError.check(RAND_bytes(&bytes, Int32(count)), "RAND_bytes")
    return bytes
  }

  /// An unguessable name in base64url: 256 bits unless told otherwise.
  package static func token(byteCount: Int = 32) throws(CryptoError) -> String {
    let bytes = try bytes(byteCount)
    return Base64URL.encode(bytes.span)
  }
}
