internal import COpenSSL

/// HMAC with SHA-256 (RFC 2104) under one key, whose schedule is computed once.
///
/// Holds OpenSSL's state between calls, so it belongs to one thread. A message may come in pieces:
/// `update` as often as needed, then `finish`, after which it is ready for the next message.
/// OpenSSL wipes its copy of the key when the object goes.
package final class HMACSHA256 {
  /// Bytes in a code.
  package static let codeLength = 32

  private let context: OpaquePointer

  /// - Parameter key: any length but zero; the caller wipes its own copy.
  package init(key: Span<UInt8>) throws(CryptoError) {
    guard key.count > 0 else { throw .invalidKey("an HMAC key is empty") }
    let algorithm = try CryptoError.check(EVP_MAC_fetch(nil, "HMAC", nil), "EVP_MAC_fetch")
    defer { EVP_MAC_free(algorithm) }
    context = try CryptoError.check(EVP_MAC_CTX_new(algorithm), "EVP_MAC_CTX_new")
    var parameters = Parameters()
    parameters.add("digest", text: "SHA256")
    let status = parameters.withPointer { parameters in
      key.withUnsafeBufferPointer { EVP_MAC_init(context, $0.baseAddress, $0.count, parameters) }
    }
    try CryptoError.check(status, "EVP_MAC_init")
  }

  deinit { EVP_MAC_CTX_free(context) }

  /// Adds to the message.
  package func update(_ part: Span<UInt8>) throws(CryptoError) {
    let status = part.withUnsafeBufferPointer { EVP_MAC_update(context, $0.baseAddress, $0.count) }
    try CryptoError.check(status, "EVP_MAC_update")
  }

  /// The code of all parts since the last call.
  package func finish() throws(CryptoError) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: Self.codeLength)
    var count = 0
    try CryptoError.check(EVP_MAC_final(context, &code, &count, code.count), "EVP_MAC_final")
    try CryptoError.check(EVP_MAC_init(context, nil, 0, nil), "EVP_MAC_init")
    return code
  }

  /// The code of one message.
  package func authenticate(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    try update(message)
    return try finish()
  }

  /// Whether the code belongs to the message, in constant time. A shortened code never does.
  package func isValid(
    _ code: Span<UInt8>,
    for message: Span<UInt8>
  ) throws(CryptoError) -> Bool {
    let expected = try authenticate(message)
    return constantTimeEqual(expected.span, code)
  }
}
