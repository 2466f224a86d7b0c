internal import COpenSSL

/// AES-256 in Galois/Counter Mode (NIST SP 800-38D) with a random nonce of 96 bits.
///
/// A sealed message is nonce ‖ ciphertext ‖ tag: 28 bytes longer than the plain one. Random nonces
/// allow 2³² messages under one key; who seals more takes a fresh key for each.
package final class AESGCM {
  /// Bytes in a key.
  package static let keyLength = 32
  /// Bytes in front of the ciphertext.
  static let nonceLength = 12
  /// Bytes behind the ciphertext.
  static let tagLength = 16

  private let key: SecretBytes

  /// - Parameter key: 32 bytes; the caller wipes its own copy.
  package init(key: Span<UInt8>) throws(CryptoError) {
    guard key.count == Self.keyLength else {
      throw .invalidKey("an AES-256 key has 32 bytes, not \(key.count)")
    }
    self.key = SecretBytes(key)
  }

  /// - Parameter context: associated data that `open` must be given unchanged; not part of the
  ///   result.
  package func seal(
    _ message: Span<UInt8>,
    context: Span<UInt8>
  ) throws(CryptoError) -> [UInt8] {
    try seal(message, context: context, nonce: Random.bytes(Self.nonceLength))
  }

  /// For test vectors: a nonce used twice under one key gives the key's secrets away.
  func seal(
    _ message: Span<UInt8>,
    context: Span<UInt8>,
    nonce: [UInt8]
  ) throws(CryptoError) -> [UInt8] {
    let cipher = try Cipher()
    try cipher.begin(.seal, key: key, nonce: nonce.span)
    try cipher.associate(context)
    var tag = [UInt8](repeating: 0, count: Self.tagLength)
    let ciphertext = try cipher.process(message)
    try cipher.finish()
    try cipher.readTag(into: &tag)
    return nonce + ciphertext + tag
  }

  /// The message, which is the caller's to wipe.
  ///
  /// - Throws: `authenticationFailed` for whatever `seal` did not write for this key and context.
  package func open(
    _ sealed: Span<UInt8>,
    context: Span<UInt8>
  ) throws(CryptoError) -> [UInt8] {
    let tagStart = sealed.count - Self.tagLength
    guard tagStart >= Self.nonceLength else { throw .authenticationFailed }
    let cipher = try Cipher()
    try cipher.begin(.open, key: key, nonce: sealed.extracting(..<Self.nonceLength))
    try cipher.associate(context)
    var message = try cipher.process(sealed.extracting(Self.nonceLength..<tagStart))
    do {
      try cipher.expectTag(sealed.extracting(tagStart...))
      try cipher.finish()
    } catch {
      wipe(&message)
      throw .authenticationFailed
    }
    return message
  }
}

/// One message's pass through OpenSSL.
private struct Cipher: ~Copyable {
  enum Direction: Int32 {
    case open = 0
    case seal = 1
  }

  private let context: OpaquePointer

  init() throws(CryptoError) {
    context = try CryptoError.check(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
  }

  deinit { EVP_CIPHER_CTX_free(context) }

  func begin(
    _ direction: Direction,
    key: SecretBytes,
    nonce: Span<UInt8>
  ) throws(CryptoError) {
    let status = key.withBytes { key in
      nonce.withUnsafeBufferPointer { nonce in
        EVP_CipherInit_ex2(
          context,
          EVP_aes_256_gcm(),
          key.baseAddress,
          nonce.baseAddress,
          direction.rawValue,
          nil
        )
      }
    }
    try CryptoError.check(status, "EVP_CipherInit")
  }

  func associate(_ data: Span<UInt8>) throws(CryptoError) {
    guard data.count > 0 else { return }
    var count: Int32 = 0
    let length = try Self.length(of: data)
    let status = data.withUnsafeBufferPointer {
      EVP_CipherUpdate(context, nil, &count, $0.baseAddress, length)
    }
    try CryptoError.check(status, "EVP_CipherUpdate")
  }

  func process(_ input: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: input.count)
    guard input.count > 0 else { return output }
    var count: Int32 = 0
    let length = try Self.length(of: input)
    let status = input.withUnsafeBufferPointer {
      EVP_CipherUpdate(context, &output, &count, $0.baseAddress, length)
    }
    try CryptoError.check(status, "EVP_CipherUpdate")
    return output
  }

  /// Checks the tag when opening; a stream mode adds no bytes here.
  func finish() throws(CryptoError) {
    var nothing: [UInt8] = [0]
    var count: Int32 = 0
    try CryptoError.check(EVP_CipherFinal_ex(context, &nothing, &count), "EVP_CipherFinal")
  }

  func readTag(into tag: inout [UInt8]) throws(CryptoError) {
    let status = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag)
    try CryptoError.check(status, "EVP_CTRL_AEAD_GET_TAG")
  }

  func expectTag(_ tag: Span<UInt8>) throws(CryptoError) {
    let status = tag.withUnsafeBufferPointer { tag in
      EVP_CIPHER_CTX_ctrl(
        context,
        EVP_CTRL_AEAD_SET_TAG,
        Int32(tag.count),
        UnsafeMutableRawPointer(mutating: tag.baseAddress)
      )
    }
    try CryptoError.check(status, "EVP_CTRL_AEAD_SET_TAG")
  }

  private static func length(of bytes: Span<UInt8>) throws(CryptoError) -> Int32 {
    guard let length = Int32(exactly: bytes.count) else {
      throw .library(operation: "AES-256-GCM", reason: "the message is over 2 GB")
    }
    return length
  }
}
