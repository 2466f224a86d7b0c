/// Sets of bytes as two 64-bit masks: membership without a table in memory.
struct ByteClass: Sendable {
  private let low: UInt64
  private let high: UInt64
  private let takesObsText: Bool

  /// - Parameter takesObsText: whether 0x80…0xFF belong to it (RFC 9110 §5.5, obs-text).
  init(_ members: some Sequence<UInt8>, takesObsText: Bool = false) {
    var masks: (UInt64, UInt64) = (0, 0)
    for byte in members where byte < 128 {
      if byte < 64 { masks.0 |= 1 << UInt64(byte) } else { masks.1 |= 1 << UInt64(byte - 64) }
    }
    (low, high) = masks
    self.takesObsText = takesObsText
  }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    if byte < 64 { return low >> UInt64(byte) & 1 != 0 }
    if byte < 128 { return high >> UInt64(byte & 63) & 1 != 0 }
    return takesObsText
  }

  private static let alphanumeric =
    Array(UInt8(ascii: "0")...UInt8(ascii: "9"))
    + Array(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    + Array(UInt8(ascii: "a")...UInt8(ascii: "z"))

  /// RFC 9110 §5.6.2.
  static let token = ByteClass(alphanumeric + Array("!#$%&'*+-.^_`|~".utf8))
  /// RFC 9110 §5.5: visible bytes, space and tab.
  static let fieldValue = ByteClass([9] + Array(0x20...0x7E), takesObsText: true)
  /// What a request target may hold here: visible ASCII without the fragment's `#` and without the
  /// backslash that some take for a slash.
  static let target = ByteClass(
    (0x21...0x7E).filter { $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\") }
  )
  /// RFC 3986 §3.2.2, without user information and percent-encoding.
  static let host = ByteClass(alphanumeric + Array("-._~!$&'()*+,;=:[]".utf8))
}

extension UnsafeRawBufferPointer {
  /// Whether all bytes belong to ``ByteClass/fieldValue``. Eight are looked at together, since
  /// tokens and cookies are long; a tab, which is rare, has its eight looked at one by one.
  var isFieldValue: Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs = ones << 7
    var index = 0
    while index + 8 <= count {
      let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let delete = word ^ ones &* 0x7F
      let suspects = (word &- ones &* 0x20) & ~word | (delete &- ones) & ~delete
      if suspects & highs != 0 {
        for offset in index..<index + 8 where !ByteClass.fieldValue.contains(self[offset]) {
          return false
        }
      }
      index += 8
    }
    while index < count {
      guard ByteClass.fieldValue.contains(self[index]) else { return false }
      index += 1
    }
    return true
  }
}

extension UInt8 {
  /// Letters in lower case; other bytes are only comparable with letters' results.
  @inline(__always)
  var lowercased: UInt8 {
    self >= 0x41 && self <= 0x5A ? self | 0x20 : self
  }

  /// The value of a hexadecimal digit.
  @inline(__always)
  var hexadecimalValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x37
    case 0x61...0x66: self - 0x57
    default: nil
    }
  }
}
