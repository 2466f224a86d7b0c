extension JSON {
  /// The shortest text of the value.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(json: self)
    return bytes
  }
}

extension [UInt8] {
  package mutating func append(json value: JSON) {
    switch value {
    case .null: append(literal: "null")
    case .bool(let flag): append(literal: flag ? "true" : "false")
    case .number(let digits): append(contentsOf: digits.utf8)
    case .string(let text): append(jsonString: text)
    case .array(let elements):
      append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { append(UInt8(ascii: ",")) }
        append(json: element)
      }
      append(UInt8(ascii: "]"))
    case .object(let members):
      append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { append(UInt8(ascii: ",")) }
        append(jsonString: member.name)
        append(UInt8(ascii: ":"))
        append(json: member.value)
      }
      append(UInt8(ascii: "}"))
    }
  }

  /// Appends a text in quotes, escaped as RFC 8259 §7 asks.
  package mutating func append(jsonString text: String) {
    append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { append(jsonEscaping: UnsafeRawBufferPointer($0)) }
    append(UInt8(ascii: "\""))
  }

  /// Appends a text in quotes; what is no UTF-8 in it becomes U+FFFD.
  package mutating func append(jsonString text: UnsafeRawBufferPointer) {
    guard text.isASCII else { return append(jsonString: String(decoding: text, as: UTF8.self)) }
    append(UInt8(ascii: "\""))
    append(jsonEscaping: text)
    append(UInt8(ascii: "\""))
  }

  private mutating func append(jsonEscaping text: UnsafeRawBufferPointer) {
    var clean = 0
    var index = 0
    while index < text.count {
      if index + 8 <= text.count,
        text.loadUnaligned(fromByteOffset: index, as: UInt64.self).isCleanInJSON
      {
        index += 8
        continue
      }
      if text[index].mustBeEscaped {
        append(contentsOf: UnsafeRawBufferPointer(rebasing: text[clean..<index]))
        append(jsonEscaping: text[index])
        clean = index + 1
      }
      index += 1
    }
    append(contentsOf: UnsafeRawBufferPointer(rebasing: text[clean...]))
  }

  /// Appends a byte of a text in quotes.
  @inline(__always)
  mutating func append(jsonEscaping byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append(literal: "\\\"")
    case UInt8(ascii: "\\"): append(literal: "\\\\")
    case 0x0A: append(literal: "\\n")
    case 0x0D: append(literal: "\\r")
    case 0x09: append(literal: "\\t")
    case 0..<0x20:
      append(literal: "\\u00")
      append(hexadecimal: byte >> 4)
      append(hexadecimal: byte & 15)
    default: append(byte)
    }
  }

  mutating func append(literal text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func append(hexadecimal digit: UInt8) {
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var isASCII: Bool {
    var index = 0
    while index + 8 <= count {
      guard loadUnaligned(fromByteOffset: index, as: UInt64.self) & .each(0x80) == 0 else {
        return false
      }
      index += 8
    }
    return self[index...].allSatisfy { $0 < 0x80 }
  }
}

extension UInt64 {
  /// Eight times the same byte.
  @inline(__always)
  fileprivate static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

  /// Whether none of its eight bytes must be escaped. A byte of 0x80 and more may be taken for one
  /// that must.
  @inline(__always)
  fileprivate var isCleanInJSON: Bool {
    let quote = self ^ .each(UInt8(ascii: "\""))
    let backslash = self ^ .each(UInt8(ascii: "\\"))
    // A subtraction sets the top bit of the first byte that is too small.
    let found = (self &- .each(0x20)) | (quote &- .each(1)) | (backslash &- .each(1))
    return (found | self) & .each(0x80) == 0
  }
}

extension UInt8 {
  @inline(__always)
  fileprivate var mustBeEscaped: Bool {
    self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
  }
}
