/// A UUID (RFC 9562) as two big-endian halves; in JSON and in rows it is the usual text.
package struct UUID: Hashable, Comparable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// - Returns: nil unless `text` is 32 hexadecimal digits with hyphens in the four usual places.
  package init?(_ text: String) {
    var text = text
    guard let uuid = text.withUTF8({ UUID(UnsafeRawBufferPointer($0)) }) else { return nil }
    self = uuid
  }

  init?(_ text: UnsafeRawBufferPointer) {
    guard text.count == 36 else { return nil }
    var halves: (UInt64, UInt64) = (0, 0)
    for (index, byte) in text.enumerated() {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = byte.hexadecimalValue else { return nil }
      halves = (halves.0 << 4 | halves.1 >> 60, halves.1 << 4 | UInt64(digit))
    }
    self.init(high: halves.0, low: halves.1)
  }

  package static func < (left: UUID, right: UUID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

extension UUID: CustomStringConvertible, LosslessStringConvertible {
  package var description: String {
    String(unsafeUninitializedCapacity: 36) { text in
      var next = 0
      for (half, shift) in [(high, 60), (low, 60)] {
        for place in 0..<16 {
          if next == 8 || next == 13 || next == 18 || next == 23 {
            text[next] = UInt8(ascii: "-")
            next += 1
          }
          let digit = UInt8(half >> UInt64(shift - 4 * place) & 0xF)
          text[next] = digit < 10 ? 48 + digit : 87 + digit
          next += 1
        }
      }
      return next
    }
  }
}

extension UUID: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let uuid = UUID(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
    }
    self = uuid
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension UInt8 {
  var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - 48
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - 87
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - 55
    default: nil
    }
  }
}
