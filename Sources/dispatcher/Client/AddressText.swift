import Glibc
import Loop

/// The canonical text of an IP address, in place: made for each request that a proxy hands on.
struct AddressText: Sendable {
  private static let capacity = 46

  private var storage = InlineArray<46, UInt8>(repeating: 0)
  private(set) var count = 0

  /// - Parameter peer: nil for a Unix socket, whose other end is this machine.
  init(_ peer: SocketAddress?) {
    switch peer?.kind {
    case .ipv4(let bytes, _): write(bytes)
    case .ipv6(let bytes, _): write(AF_INET6, bytes)
    case .unix, nil: write([127, 0, 0, 1])
    }
  }

  /// Reads an element of X-Forwarded-For: an address, in brackets or with a port perhaps.
  ///
  /// - Returns: nil when it is no address.
  init?(_ element: UnsafeRawBufferPointer) {
    var text = element[...]
    if text.first == UInt8(ascii: "["), let end = text.firstIndex(of: UInt8(ascii: "]")) {
      text = text[(text.startIndex + 1)..<end]
    } else if let colon = text.firstIndex(of: UInt8(ascii: ":")),
      text.lastIndex(of: UInt8(ascii: ":")) == colon
    {
      text = text[..<colon]
    }
    guard !text.isEmpty, text.count < Self.capacity else { return nil }
    let isRead = withUnsafeTemporaryAllocation(byteCount: Self.capacity, alignment: 1) { copy in
      copy.initializeMemory(as: UInt8.self, repeating: 0)
      copy.copyBytes(from: text)
      guard let name = copy.baseAddress?.assumingMemoryBound(to: CChar.self) else { return false }
      return read(name)
    }
    guard isRead else { return nil }
  }

  /// Calls `body` with its characters.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeBytes(of: storage) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  func append(to buffer: ByteBuffer) {
    withUnsafeBytes(of: storage) { buffer.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  /// For tables; never negative.
  var hash: Int {
    var hash: UInt32 = 2_166_136_261
    for index in 0..<count { hash = (hash ^ UInt32(storage[index])) &* 16_777_619 }
    return Int(hash)
  }

  /// An IPv4 address; inet_ntop goes by way of printf.
  private mutating func write(_ bytes: [UInt8]) {
    for (index, byte) in bytes.enumerated() {
      if index > 0 { write(UInt8(ascii: ".")) }
      if byte >= 100 { write(UInt8(ascii: "0") + byte / 100) }
      if byte >= 10 { write(UInt8(ascii: "0") + byte / 10 % 10) }
      write(UInt8(ascii: "0") + byte % 10)
    }
  }

  private mutating func write(_ character: UInt8) {
    storage[count] = character
    count += 1
  }

  private mutating func read(_ name: UnsafePointer<CChar>) -> Bool {
    var four = in_addr()
    if inet_pton(AF_INET, name, &four) == 1 {
      write(AF_INET, &four)
      return true
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, name, &six) == 1 else { return false }
    let isMapped = withUnsafeBytes(of: &six) { bytes in
      bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    }
    if isMapped {
      // The same client must not count as two (RFC 4291 §2.5.5.2).
      withUnsafeBytes(of: &six) { write(AF_INET, $0.baseAddress.map { $0 + 12 }) }
    } else {
      write(AF_INET6, &six)
    }
    return true
  }

  private mutating func write(_ family: Int32, _ address: UnsafeRawPointer?) {
    withUnsafeMutableBytes(of: &storage) { storage in
      let text = storage.baseAddress?.assumingMemoryBound(to: CChar.self)
      _ = inet_ntop(family, address, text, socklen_t(storage.count))
    }
    count = 0
    while storage[count] != 0 { count += 1 }
  }
}

extension AddressText: Equatable {
  static func == (left: AddressText, right: AddressText) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left.storage[index] != right.storage[index] { return false }
    return true
  }
}

extension AddressText: CustomStringConvertible {
  var description: String {
    withBytes { String(decoding: $0, as: UTF8.self) }
  }
}
