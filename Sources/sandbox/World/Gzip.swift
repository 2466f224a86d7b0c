import HTTP

/// The gzip format (RFC 1952) without compression: what matters here is that a client can read it.
enum Gzip {
  private static let worthwhile = 512
  private static let blockLimit = 65_535

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  /// The same answer for a client that takes gzip.
  static func encoded(_ response: Response, for request: Request) -> Response {
    guard case .bytes(let bytes) = response.body, bytes.count >= worthwhile,
      request.header("accept-encoding")?.contains("gzip") ?? false
    else { return response }
    var response = response
    response.headers.append(("content-encoding", "gzip"))
    response.body = .bytes(member(of: bytes))
    return response
  }

  private static func member(of bytes: [UInt8]) -> [UInt8] {
    var member: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
      let end = min(bytes.count, start + blockLimit)
      let length = UInt16(end - start)
      member.append(end == bytes.count ? 1 : 0)
      member += length.littleEndianBytes
      member += (~length).littleEndianBytes
      member += bytes[start..<end]
      start = end
    } while start < bytes.count
    let checksum = ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
    return member + checksum.littleEndianBytes + UInt32(bytes.count).littleEndianBytes
  }
}

extension FixedWidthInteger {
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
  }
}
