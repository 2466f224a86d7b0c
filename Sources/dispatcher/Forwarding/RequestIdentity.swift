import Telemetry

/// Makes and checks request ids, as bytes.
struct RequestIdentity {
  private var numbers: UniqueNumbers

  init(using source: inout some RandomNumberGenerator) {
    numbers = UniqueNumbers(using: &source)
  }

  /// Appends a new id: 130 random bits as 26 characters of lower-case base 32.
  mutating func append(to bytes: ByteBuffer) {
    for word in 0..<3 {
      var bits = numbers.next()
      for _ in 0..<(word < 2 ? 12 : 2) {
        let digit = UInt8(truncatingIfNeeded: bits & 31)
        bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        bits >>= 5
      }
    }
  }

  /// Whether a client's id may be used: 1 to 64 characters of `A–Z a–z 0–9 . _ -`.
  static func isSane(_ id: UnsafeRawBufferPointer) -> Bool {
    guard (1...64).contains(id.count) else { return false }
    return id.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
