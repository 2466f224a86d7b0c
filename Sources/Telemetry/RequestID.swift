import Loop

/// What ties a request's log lines, SQL and answers together across processes.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
  package let description: String

  /// A new one: 128 random bits as 26 characters of lower-case base 32.
  @Loop
  package static func generate() -> RequestID {
    generate(using: &numbers)
  }

  @Loop private static var numbers = UniqueNumbers()

  package static func generate(using source: inout some RandomNumberGenerator) -> RequestID {
    var bits = UInt128(source.next() as UInt64) << 64 | UInt128(source.next() as UInt64)
    return RequestID(
      description: String(unsafeUninitializedCapacity: 26) { text in
        for index in (0..<26).reversed() {
          let digit = UInt8(truncatingIfNeeded: bits & 31)
          text[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
          bits >>= 5
        }
        return 26
      }
    )
  }

  private init(description: String) {
    self.description = description
  }

  /// One that a client or proxy sent.
  ///
  /// - Returns: nil unless it is sane.
  package init?(inbound text: String) {
    var text = text
    guard text.withUTF8({ Self.isSane(UnsafeRawBufferPointer($0)) }) else { return nil }
    description = text
  }

  /// Whether one that was sent may be used: 1 to 64 characters of `A–Z a–z 0–9 . _ -`.
  package static func isSane(_ id: UnsafeRawBufferPointer) -> Bool {
    (1...64).contains(id.count) && id.allSatisfy(isAllowed)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
