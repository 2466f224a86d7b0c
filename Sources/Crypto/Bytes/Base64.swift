/// RFC 4648 §5 without padding, as JOSE uses it; only the one canonical spelling is read.
package enum Base64URL {
  private static let alphabet = Base64Alphabet(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  )

  /// `A–Z a–z 0–9 - _`, no padding.
  package static func encode(_ bytes: Span<UInt8>) -> String {
    alphabet.encode(bytes, padded: false)
  }

  /// Nil for padding, white space, foreign letters, a length that no encoding has, and spare bits
  /// that are not zero: two texts never decode to the same bytes.
  package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
    alphabet.decode(text)
  }
}

/// RFC 4648 §4 with padding.
package enum Base64 {
  private static let alphabet = Base64Alphabet(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  )

  /// `A–Z a–z 0–9 + /`, padded with `=` to a multiple of four.
  package static func encode(_ bytes: Span<UInt8>) -> String {
    alphabet.encode(bytes, padded: true)
  }

  /// Nil unless the text is exactly what `encode` would write.
  package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
    guard text.count.isMultiple(of: 4) else { return nil }
    var end = text.count
    while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
    return alphabet.decode(text.extracting(..<end))
  }
}

/// Sixty-four letters and where each stands.
private struct Base64Alphabet: Sendable {
  private static let foreign: UInt8 = 0xFF

  private let letters: [UInt8]
  private let positions: [UInt8]

  init(_ letters: String) {
    self.letters = Array(letters.utf8)
    var positions = [UInt8](repeating: Self.foreign, count: 256)
    for (position, letter) in letters.utf8.enumerated() {
      positions[Int(letter)] = UInt8(position)
    }
    self.positions = positions
  }

  func encode(_ bytes: Span<UInt8>, padded: Bool) -> String {
    let whole = bytes.count / 3
    let left = bytes.count % 3
    let tail = left == 0 ? 0 : (padded ? 4 : left + 1)
    return String(unsafeUninitializedCapacity: whole * 4 + tail) { text in
      var end = 0
      func put(_ group: UInt32, count: Int) {
        for place in 0..<count {
          text[end] = letters[Int(group >> (18 - 6 * UInt32(place)) & 63)]
          end += 1
        }
      }
      for start in stride(from: 0, to: whole * 3, by: 3) {
        put(
          UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]),
          count: 4
        )
      }
      if left > 0 {
        let second = left == 2 ? UInt32(bytes[whole * 3 + 1]) << 8 : 0
        put(UInt32(bytes[whole * 3]) << 16 | second, count: left + 1)
        while end < whole * 4 + tail {
          text[end] = UInt8(ascii: "=")
          end += 1
        }
      }
      return end
    }
  }

  func decode(_ text: Span<UInt8>) -> [UInt8]? {
    let left = text.count % 4
    guard left != 1 else { return nil }
    let count = text.count / 4 * 3 + (left == 0 ? 0 : left - 1)
    var isValid = true
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
      var group: UInt32 = 0
      var seen: UInt8 = 0
      var end = 0
      for index in text.indices {
        let position = positions[Int(text[index])]
        seen |= position
        group = group << 6 | UInt32(position & 63)
        if index % 4 == 3 {
          bytes[end] = UInt8(truncatingIfNeeded: group >> 16)
          bytes[end + 1] = UInt8(truncatingIfNeeded: group >> 8)
          bytes[end + 2] = UInt8(truncatingIfNeeded: group)
          end += 3
        }
      }
      if left == 2 {
        bytes[end] = UInt8(truncatingIfNeeded: group >> 4)
        isValid = group & 0x0F == 0
        end += 1
      } else if left == 3 {
        bytes[end] = UInt8(truncatingIfNeeded: group >> 10)
        bytes[end + 1] = UInt8(truncatingIfNeeded: group >> 2)
        isValid = group & 0x03 == 0
        end += 2
      }
      isValid = isValid && seen & 0xC0 == 0
      initialized = end
    }
    return isValid ? bytes : nil
  }
}
