internal import COpenSSL

/// The few forms of RFC 4880 that pgcrypto writes and ``IntakeKey`` needs.
enum OpenPGP {
  enum Tag: UInt8 {
    case sessionKey = 1
    case literal = 11
    case publicSubkey = 14
    case sealedData = 18
  }

  /// The prefix's bytes: a block of chance and its last two again.
  private static let prefixLength = 18
  private static let blockLength = 16
  /// A header and a SHA-1 (§5.14), which the same cipher hides.
  private static let trailerLength = 22

  static func packet(tag: Tag, _ body: [UInt8]) -> [UInt8] {
    let count = UInt32(body.count)
    let length = stride(from: 24, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: count >> UInt32($0))
    }
    return [0xC0 | tag.rawValue, 0xFF] + length + body
  }

  /// §3.2: the number of bits and the bytes.
  static func append(_ number: borrowing BigNumber, to bytes: inout [UInt8]) throws(CryptoError) {
    let bits = number.bitCount
    bytes += [UInt8(bits >> 8), UInt8(bits & 0xFF)]
    bytes += try number.bytes(count: (bits + 7) / 8)
  }

  /// Takes a number off the front; nil when it is cut.
  static func number(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard bytes.count >= 2 else { return nil }
    let bits = Int(bytes.removeFirst()) << 8 | Int(bytes.removeFirst())
    let count = (bits + 7) / 8
    guard count > 0, bytes.count >= count else { return nil }
    defer { bytes.removeFirst(count) }
    return Array(bytes.prefix(count))
  }

  /// §5.9: a form, a name with its length, a date, and the rest is it.
  static func content(ofLiteral body: [UInt8]) -> [UInt8]? {
    guard body.count >= 2 else { return nil }
    let start = 6 + Int(body[1])
    return body.count >= start ? Array(body[start...]) : nil
  }

  /// §5.13, with AES-256: the packets inside, once their digest is right.
  static func open(_ body: [UInt8], sessionKey: [UInt8]) throws(CryptoError) -> [UInt8] {
    guard body.first == 1, body.count >= 1 + prefixLength + trailerLength else {
      throw .authenticationFailed
    }
    var plain = try decrypt(Array(body.dropFirst()), sessionKey)
    defer { wipe(&plain) }
    let end = plain.count - trailerLength
    let digest = try sha1(Array(plain[..<(end + 2)]))
    guard plain[blockLength] == plain[blockLength - 2],
      plain[blockLength + 1] == plain[blockLength - 1], plain[end] == 0xD3, plain[end + 1] == 0x14,
      constantTimeEqual(digest.span, Array(plain[(end + 2)...]).span)
    else { throw .authenticationFailed }
    return Array(plain[prefixLength..<end])
  }

  /// AES-256 in cipher feedback mode, from zeros.
  private static func decrypt(
    _ message: [UInt8],
    _ key: [UInt8]
  ) throws(CryptoError) -> [UInt8] {
    let context = try CryptoError.check(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
    defer { EVP_CIPHER_CTX_free(context) }
    let start = [UInt8](repeating: 0, count: blockLength)
    let status = EVP_DecryptInit_ex2(context, EVP_aes_256_cfb128(), key, start, nil)
    try CryptoError.check(status, "EVP_DecryptInit")
    var plain = [UInt8](repeating: 0, count: message.count)
    var count: Int32 = 0
    try CryptoError.check(
      EVP_DecryptUpdate(context, &plain, &count, message, Int32(message.count)),
      "EVP_DecryptUpdate"
    )
    return plain
  }

  private static func sha1(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    try CryptoError.check(
      EVP_Digest(message, message.count, &digest, nil, EVP_sha1(), nil),
      "EVP_Digest"
    )
    return digest
  }
}

/// Packets one after the other, each with its body put together (§4.2.2); old headers are not read.
struct OpenPGPReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes.withUnsafeBufferPointer(Array.init)
  }

  var isAtEnd: Bool { place == bytes.count }

  /// Nil at the end, and for what is cut or no packet of those that are known.
  mutating func next() -> (tag: OpenPGP.Tag, body: [UInt8])? {
    guard let header = take(1)?.first, header & 0xC0 == 0xC0,
      let tag = OpenPGP.Tag(rawValue: header & 0x3F)
    else { return nil }
    var body: [UInt8] = []
    while true {
      guard let (count, isLast) = length(), let part = take(count) else { return nil }
      body += part
      if isLast { return (tag, body) }
    }
  }

  private mutating func length() -> (count: Int, isLast: Bool)? {
    guard let first = take(1)?.first else { return nil }
    switch first {
    case ..<192: return (Int(first), true)
    case ..<224: return take(1)?.first.map { (Int(first - 192) << 8 + Int($0) + 192, true) }
    case 255: return take(4).map { ($0.reduce(0) { $0 << 8 | Int($1) }, true) }
    default: return (1 << Int(first & 0x1F), false)
    }
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard bytes.count - place >= count else { return nil }
    defer { place += count }
    return bytes[place..<place + count]
  }
}
