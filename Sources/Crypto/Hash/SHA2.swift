internal import COpenSSL

/// FIPS 180-4.
package enum SHA2 {
  /// 32 bytes.
  package static func sha256(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    try digest(message, EVP_sha256(), count: 32)
  }

  /// 48 bytes.
  package static func sha384(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    try digest(message, EVP_sha384(), count: 48)
  }

  /// 64 bytes.
  package static func sha512(_ message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
    try digest(message, EVP_sha512(), count: 64)
  }

  private static func digest(
    _ message: Span<UInt8>,
    _ algorithm: OpaquePointer?,
    count: Int
  ) throws(CryptoError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: count)
    let status = message.withUnsafeBufferPointer { message in
      EVP_Digest(message.baseAddress, message.count, &digest, nil, algorithm, nil)
    }
    try CryptoError.check(status, "EVP_Digest")
    return digest
  }
}

/// SHA-256 whose algorithm is looked up once: half the time of `SHA2.sha256` on a short message.
///
/// Holds OpenSSL's state between calls, so it belongs to one thread. It also takes a message in
/// pieces: `update` as often as needed, then `finish`, after which it is ready for the next.
package final class SHA256Hasher {
  private let algorithm: OpaquePointer
  private let context: OpaquePointer

  /// - Throws: when OpenSSL is out of memory or has no SHA-256.
  package init() throws(CryptoError) {
    let algorithm = try CryptoError.check(EVP_MD_fetch(nil, "SHA256", nil), "EVP_MD_fetch")
    guard let context = EVP_MD_CTX_new() else {
      EVP_MD_free(algorithm)
      throw .fromLibrary("EVP_MD_CTX_new")
    }
    self.algorithm = algorithm
    self.context = context
    try CryptoError.check(EVP_DigestInit_ex2(context, algorithm, nil), "EVP_DigestInit")
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_MD_free(algorithm)
  }

  /// Adds to the message.
  package func update(_ part: Span<UInt8>) throws(CryptoError) {
    let status = part.withUnsafeBufferPointer {
      EVP_DigestUpdate(context, $0.baseAddress, $0.count)
    }
    try CryptoError.check(status, "EVP_DigestUpdate")
  }

  /// The digest of all parts since the last call, as four big-endian words.
  package func finish() throws(CryptoError) -> SHA256Digest {
    var words = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    let status = withUnsafeMutableBytes(of: &words) {
      EVP_DigestFinal_ex(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    }
    try CryptoError.check(status, "EVP_DigestFinal")
    try CryptoError.check(EVP_DigestInit_ex2(context, algorithm, nil), "EVP_DigestInit")
    return SHA256Digest(
      UInt64(bigEndian: words.0),
      UInt64(bigEndian: words.1),
      UInt64(bigEndian: words.2),
      UInt64(bigEndian: words.3)
    )
  }
}

/// A SHA-256 value that needs no memory of its own: what a table is keyed by.
package struct SHA256Digest: Hashable, Sendable {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  fileprivate init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
    words = (first, second, third, fourth)
  }

  /// Not in constant time: digests that name entries are no secrets.
  package static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
    left.words == right.words
  }

  /// One word is enough: each is as random as the whole.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
  }

  /// The 32 bytes in the usual order.
  package var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
    }
  }
}
