import Loop

/// A line that is being written; ``add(_:_:)-(_,String)`` and its siblings append one field each.
///
/// Field names are the caller's constants: lower snake case, none twice, and none of `time`,
/// `level`, `service` and `message`.
package struct LogLine {
  /// The most bytes of one text that a line shows.
  package static let textLimit = 2000

  var bytes: [UInt8]

  init(_ bytes: consuming [UInt8]) {
    self.bytes = bytes
  }

  /// Adds a text; nil adds nothing.
  package mutating func add(_ name: StaticString, _ text: String?) {
    guard var text else { return }
    start(name)
    text.withUTF8 { appendQuoted($0) }
  }

  /// Adds bytes that came from outside and need not be UTF-8: what isn't becomes U+FFFD.
  package mutating func add(_ name: StaticString, bytes text: UnsafeRawBufferPointer) {
    let text = text.bindMemory(to: UInt8.self)
    guard text.allSatisfy({ $0 < 0x80 }) else {
      add(name, String(decoding: text, as: UTF8.self))
      return
    }
    start(name)
    appendQuoted(text)
  }

  package mutating func add(_ name: StaticString, _ number: some BinaryInteger) {
    start(name)
    bytes.append(decimal: Int(clamping: number))
  }

  /// Adds a number; JSON has no infinity and no NaN, so they become null.
  package mutating func add(_ name: StaticString, _ number: Double) {
    start(name)
    if number.isFinite {
      bytes.append(contentsOf: number.description.utf8)
    } else {
      bytes.append("null")
    }
  }

  package mutating func add(_ name: StaticString, _ flag: Bool) {
    start(name)
    bytes.append(flag ? "true" : "false")
  }

  /// Adds a duration in milliseconds with three decimals; `name` should end in `_ms`.
  package mutating func add(_ name: StaticString, _ duration: Duration) {
    start(name)
    let microseconds = max(0, duration.nanoseconds / 1000)
    bytes.append(decimal: Int(microseconds / 1000))
    bytes.append(UInt8(ascii: "."))
    bytes.append(decimal: Int(microseconds % 1000), digits: 3)
  }

  /// Adds an error by its description.
  package mutating func add(_ name: StaticString, error: any Error) {
    add(name, "\(error)")
  }

  mutating func start(_ name: StaticString) {
    bytes.append(",\"")
    bytes.append(name)
    bytes.append("\":")
  }

  mutating func appendQuoted(_ text: UnsafeBufferPointer<UInt8>) {
    let limit = Self.cut(text)
    bytes.append(UInt8(ascii: "\""))
    var position = 0
    while position < limit {
      let secret = Redaction.next(in: text, from: position)
      let end = min(secret?.lowerBound ?? limit, limit)
      bytes.append(escaping: UnsafeBufferPointer(rebasing: text[position..<end]))
      position = end
      guard let secret, secret.lowerBound < limit else { continue }
      bytes.append(Redaction.mark)
      position = secret.upperBound
    }
    if limit < text.count { bytes.append("…") }
    bytes.append(UInt8(ascii: "\""))
  }

  /// How much of a text is shown: no more than ``textLimit``, ending between two characters.
  private static func cut(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    guard text.count > textLimit else { return text.count }
    var end = textLimit
    while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }
}

extension [UInt8] {
  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: $0) }
  }

  /// Appends the inside of a JSON string (RFC 8259 §7). Control characters of C1 are escaped too:
  /// some terminals obey them.
  ///
  /// - Parameter text: valid UTF-8.
  mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
    var clean = 0
    for (index, byte) in text.enumerated() {
      let isC1 = byte == 0xC2 && index + 1 < text.count && text[index + 1] < 0xA0
      guard
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
          || byte == 0x7F || isC1
      else { continue }
      if clean < index { append(contentsOf: text[clean..<index]) }
      clean = index + 1
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0xC2:
        append(unicodeEscape: text[index + 1])
        clean = index + 2
      default: append(unicodeEscape: byte)
      }
    }
    if clean < text.count { append(contentsOf: text[clean...]) }
  }

  private mutating func append(unicodeEscape byte: UInt8) {
    append("\\u00")
    for digit in [byte >> 4, byte & 0xF] {
      append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
