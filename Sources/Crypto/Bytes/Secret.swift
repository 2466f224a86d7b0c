internal import COpenSSL

/// Bytes that are overwritten when their owner goes, without a copy that could stay behind.
package final class SecretBytes {
  private let storage: UnsafeMutableBufferPointer<UInt8>

  /// Copies `bytes`; the caller wipes its own copy.
  package init(_ bytes: Span<UInt8>) {
    storage = .allocate(capacity: bytes.count)
    storage.initialize(repeating: 0)
    for index in bytes.indices { storage[index] = bytes[index] }
  }

  deinit {
    OPENSSL_cleanse(storage.baseAddress, storage.count)
    storage.deallocate()
  }

  /// How many bytes there are.
  package var count: Int { storage.count }

  /// Lends the bytes for the call; `body` keeps no pointer to them.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(storage))
  }
}

/// Overwrites the bytes in place. Call it on the only reference: a shared array is copied first.
package func wipe(_ bytes: inout [UInt8]) {
  bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
}

/// Compares in a time that depends on the lengths alone.
package func constantTimeEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  return left.withUnsafeBufferPointer { left in
    right.withUnsafeBufferPointer { right in
      // An empty buffer may have no address, which CRYPTO_memcmp does not expect.
      guard let left = left.baseAddress, let other = right.baseAddress else { return true }
      return CRYPTO_memcmp(left, other, right.count) == 0
    }
  }
}
