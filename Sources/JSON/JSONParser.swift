/// Where a text stops being JSON, and why.
package struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
  /// In bytes from the start.
  package let offset: Int
  package let reason: String

  package var description: String { "\(reason) at byte \(offset)" }
}

extension JSON {
  /// Reads one value and nothing else (RFC 8259): UTF-8, no member named twice, no lone surrogate, no
  /// U+0000 (which PostgreSQL can't hold), at most 64 levels.
  package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
    var parser = JSONParser(bytes)
    self = try parser.document()
  }
}

private struct JSONParser {
  private static let depthLimit = 64
  private static let fewMembers = 16

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func document() throws(JSONSyntaxError) -> JSON {
    skipSpace()
    guard position < bytes.count else { throw error("the text is empty") }
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw error("something follows the value") }
    return value
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func error(_ reason: String) -> JSONSyntaxError {
    JSONSyntaxError(offset: position, reason: reason)
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  /// Whether `byte` is next; it is then used up.
  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(JSONSyntaxError) -> JSON {
    guard let byte = next else { throw error("the text ends within a value") }
    switch byte {
    case UInt8(ascii: "{"):
      return try nested { parser throws(JSONSyntaxError) in try parser.object() }
    case UInt8(ascii: "["):
      return try nested { parser throws(JSONSyntaxError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw error("there is no value")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONSyntaxError) -> JSON
  ) throws(JSONSyntaxError) -> JSON {
    guard depth < Self.depthLimit else { throw error("it is nested too deeply") }
    depth += 1
    position += 1
    skipSpace()
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(JSONSyntaxError) -> JSON {
    var members: [JSON.Member] = []
    var names: Set<String> = []
    guard !take(UInt8(ascii: "}")) else { return .object([]) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error("a member has no name") }
      let start = position
      let name = try string()
      guard isNew(name, among: members, &names) else {
        throw JSONSyntaxError(offset: start, reason: "a member is named twice")
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw error("there is no colon after a name") }
      skipSpace()
      members.append(JSON.Member(name, try value()))
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw error("an object is not closed") }
    return .object(members)
  }

  /// The names of a few members are sooner compared than hashed.
  private func isNew(
    _ name: String,
    among members: [JSON.Member],
    _ names: inout Set<String>
  ) -> Bool {
    if members.count < Self.fewMembers { return !members.contains { $0.name == name } }
    if members.count == Self.fewMembers { names = Set(members.map(\.name)) }
    return names.insert(name).inserted
  }

  private mutating func array() throws(JSONSyntaxError) -> JSON {
    var elements: [JSON] = []
    guard !take(UInt8(ascii: "]")) else { return .array([]) }
    repeat {
      skipSpace()
      elements.append(try value())
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw error("an array is not closed") }
    return .array(elements)
  }

  private mutating func literal(
    _ text: StaticString,
    _ value: JSON
  ) throws(JSONSyntaxError) -> JSON {
    let end = position + text.utf8CodeUnitCount
    let isIt = text.withUTF8Buffer { end <= bytes.count && bytes[position..<end].elementsEqual($0) }
    guard isIt else { throw error("there is no value") }
    position = end
    return value
  }

  private mutating func number() throws(JSONSyntaxError) -> JSON {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() throws(JSONSyntaxError) {
    let start = position
    while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
    guard position > start else { throw error("a number lacks digits") }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    let start = position
    skipPlain()
    guard next != UInt8(ascii: "\"") else { return try text(bytes, start..<position, start) }
    var unescaped: [UInt8] = []
    var clean = start
    while let byte = next {
      unescaped += bytes[clean..<position]
      guard byte != UInt8(ascii: "\"") else {
        return try text(unescaped, unescaped.indices, start)
      }
      guard byte == UInt8(ascii: "\\") else { throw error("a string holds a control character") }
      position += 1
      try escape(into: &unescaped)
      clean = position
      skipPlain()
    }
    throw error("a string is not closed")
  }

  /// To the end of what stands for itself in a string.
  private mutating func skipPlain() {
    while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      position += 1
    }
  }

  /// Uses up the quote that ends a string.
  ///
  /// - Parameter start: where the string begins.
  private mutating func text(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    _ start: Int
  ) throws(JSONSyntaxError) -> String {
    position += 1
    let span = bytes.span
    guard let text = try? UTF8Span(validating: span.extracting(range)) else {
      throw JSONSyntaxError(offset: start, reason: "a string is not UTF-8")
    }
    return String(copying: text)
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
    guard let byte = next else { throw error("a string is not closed") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += Array(String(try scalar()).utf8)
    default: throw error("a string holds an unknown escape")
    }
  }

  private mutating func scalar() throws(JSONSyntaxError) -> Character {
    var code = try fourDigits()
    if code >> 10 == 0xD800 >> 10, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try fourDigits()
      guard low >> 10 == 0xDC00 >> 10 else { throw error("a string holds half a character") }
      code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
    }
    guard code != 0 else { throw error("a string holds U+0000") }
    guard let scalar = Unicode.Scalar(code) else { throw error("a string holds half a character") }
    return Character(scalar)
  }

  private mutating func fourDigits() throws(JSONSyntaxError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw error("a string holds an incomplete escape") }
    var code: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("a string holds an incomplete escape")
      }
      code = code << 4 | UInt32(digit)
    }
    position += 4
    return code
  }
}
