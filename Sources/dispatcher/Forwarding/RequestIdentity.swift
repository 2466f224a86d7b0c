import Telemetry

/// Makes request ids, as bytes.
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
}
