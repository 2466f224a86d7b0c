internal import COpenSSL

/// A list of `OSSL_PARAM`, which hold pointers: this owns what they point at, and wipes it.
struct Parameters: ~Copyable {
  private var list: [OSSL_PARAM] = []
  private var buffers: [UnsafeMutableBufferPointer<UInt8>] = []

  deinit {
    for buffer in buffers {
      OPENSSL_cleanse(buffer.baseAddress, buffer.count)
      buffer.deallocate()
    }
  }

  /// A name from a literal, which lives as long as the process.
  mutating func add(_ name: StaticString, text: StaticString) {
    let value = Self.pointer(to: text)
    list.append(OSSL_PARAM_construct_utf8_string(Self.pointer(to: name), .init(mutating: value), 0))
  }

  /// Bytes as they are.
  mutating func add(_ name: StaticString, octets: Span<UInt8>) {
    let buffer = allocate(octets.count)
    for index in octets.indices { buffer[index] = octets[index] }
    list.append(
      OSSL_PARAM_construct_octet_string(
        Self.pointer(to: name),
        buffer.baseAddress,
        buffer.count
      )
    )
  }

  /// A number, big-endian as in a JWK; OpenSSL wants the machine's order.
  mutating func add(_ name: StaticString, number: Span<UInt8>) {
    let buffer = allocate(number.count)
    for index in number.indices {
      buffer[Int(littleEndian: 1) == 1 ? number.count - 1 - index : index] = number[index]
    }
    list.append(
      OSSL_PARAM_construct_BN(Self.pointer(to: name), buffer.baseAddress, buffer.count)
    )
  }

  /// Lends the terminated list for the call.
  func withPointer<Result>(_ body: (UnsafeMutablePointer<OSSL_PARAM>?) -> Result) -> Result {
    var terminated = list + [OSSL_PARAM_construct_end()]
    return terminated.withUnsafeMutableBufferPointer { body($0.baseAddress) }
  }

  private mutating func allocate(_ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
    buffer.initialize(repeating: 0)
    buffers.append(buffer)
    return buffer
  }

  private static func pointer(to text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
