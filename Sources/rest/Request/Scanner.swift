/// Reads a parameter's text byte by byte, and knows where it is when something is wrong.
struct Scanner {
  let bytes: [UInt8]
  private(set) var position = 0
  /// What is read, for messages: `filter`, `select parameter`, ….
  private let part: String
  /// How deep what is read may be nested.
  private var depth = 0

  static let depthLimit = 32

  init(_ text: String, part: String) {
    bytes = Array(text.utf8)
    self.part = part
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  var isAtEnd: Bool { position >= bytes.count }

  func byte(at offset: Int) -> UInt8? {
    position + offset < bytes.count ? bytes[position + offset] : nil
  }

  mutating func advance(_ count: Int = 1) {
    position = min(position + count, bytes.count)
  }

  /// Goes back to, or on to, a place that was passed.
  mutating func move(to position: Int) {
    self.position = position
  }

  /// Whether `byte` is next; it is then used up.
  mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  func isNext(_ text: StaticString) -> Bool {
    let size = text.utf8CodeUnitCount
    guard position + size <= bytes.count else { return false }
    for offset in 0..<size where bytes[position + offset] != text.utf8Start[offset] {
      return false
    }
    return true
  }

  /// Whether `text` is next; it is then used up.
  mutating func take(_ text: StaticString) -> Bool {
    guard isNext(text) else { return false }
    position += text.utf8CodeUnitCount
    return true
  }

  /// What comes next as long as it is `allowed`.
  mutating func takeWhile(_ allowed: (UInt8) -> Bool) -> String {
    let start = position
    while position < bytes.count, allowed(bytes[position]) { position += 1 }
    return text(from: start)
  }

  mutating func takeRest() -> String {
    let start = position
    position = bytes.count
    return text(from: start)
  }

  func text(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }

  func failure(expecting wanted: String) -> Refusal {
    let found =
      if let next {
        next < 0x80 ? "\"\(Character(Unicode.Scalar(next)))\"" : "a character outside ASCII"
      } else { "end of input" }
    return failure("unexpected \(found) expecting \(wanted)")
  }

  func failure(_ details: String) -> Refusal {
    .parse(part, String(decoding: bytes, as: UTF8.self), column: position + 1, details)
  }

  /// - Throws: ``Refusal`` when what is read by `body` would be nested too deeply.
  mutating func nested<Value>(
    _ body: (inout Scanner) throws(Refusal) -> Value
  ) throws(Refusal) -> Value {
    guard depth < Self.depthLimit else { throw failure("it is nested too deeply") }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  /// `"…"`, in which a backslash takes the next character as it is; nil when no quote is next.
  mutating func takeQuoted() throws(Refusal) -> String? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = next else { break }
        position += 1
        text.append(escaped)
      default:
        text.append(byte)
      }
    }
    throw failure(expecting: "the closing quote")
  }
}

extension UInt8 {
  var isDigit: Bool { self >= 0x30 && self <= 0x39 }

  /// What an unquoted name may hold: all but what has a meaning of its own.
  var isNameByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: " "),
      UInt8(ascii: "$"), 0x80...:
      true
    default: false
    }
  }
}
