import HTTP

/// The gzip format (RFC 1952) without compression: what matters here is that a client can read it.
enum Gzip {
  private static let worthwhile = 512
  private static let blockLimit = 65_535

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
    return member + CRC32.sum(of: bytes).littleEndianBytes
      + UInt32(bytes.count).littleEndianBytes
  }
}

/// The checksum of gzip, eight bytes at a time.
private enum CRC32 {
  /// What a byte adds that has from none to seven others after it: 256 entries each.
  private static let table: [UInt32] = {
    var table: [UInt32] = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { value, _ in
        value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
      }
    }
    for place in 256..<2048 {
      let nearer = table[place - 256]
      table.append(nearer >> 8 ^ table[Int(nearer & 255)])
    }
    return table
  }()

  static func sum(of bytes: [UInt8]) -> UInt32 {
    let table = table
    let sum = bytes.withUnsafeBytes { bytes in
      var sum = ~UInt32(0)
      var index = 0
      while index + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ UInt64(sum)
        sum = 0
        for place in 0..<8 {
          let byte = Int(truncatingIfNeeded: word >> UInt64(8 * place)) & 255
          sum ^= table[(7 - place) << 8 | byte]
        }
        index += 8
      }
      return bytes[index...].reduce(sum) { $0 >> 8 ^ table[Int(($0 ^ UInt32($1)) & 255)] }
    }
    return ~sum
  }
}

extension FixedWidthInteger {
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
  }
}
