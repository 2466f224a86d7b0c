/// Walks over a JSON text once and checks all of it.
struct JSONScanner {
  private let bytes: [UInt8]
  private let end: Int
  private let limits: JSONObject.Limits
  private var position: Int
  private var depth = 0

  /// For a whole text.
  init(_ bytes: [UInt8], limits: JSONObject.Limits) {
    self.bytes = bytes
    self.limits = limits
    position = 0
    end = bytes.count
  }

  /// For a part of a text that was read before.
  init(_ bytes: [UInt8], in range: Range<Int>) {
    self.bytes = bytes
    limits = JSONObject.Limits()
    position = range.lowerBound
    end = range.upperBound
  }

  /// One object and nothing else.
  mutating func document() throws(JSONError) -> [JSONObject.Member] {
    skipSpace()
    let members = try object()
    skipSpace()
    guard position == end else { throw syntax }
    return members
  }

  /// The elements of one array.
  mutating func elements() throws(JSONError) -> [JSONValue] {
    try expect("[")
    try enter()
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return leave(elements) }
    while true {
      skipSpace()
      elements.append(try value())
      skipSpace()
      if take("]") { return leave(elements) }
      try expect(",")
    }
  }

  private mutating func object() throws(JSONError) -> [JSONObject.Member] {
    try expect("{")
    try enter()
    var members: [JSONObject.Member] = []
    skipSpace()
    if take("}") { return leave(members) }
    while true {
      skipSpace()
      let name = try text()
      guard members.count < limits.members else { throw .limit }
      for member in members where areEqual(member.name, name) { throw .duplicateMember }
      skipSpace()
      try expect(":")
      skipSpace()
      members.append(JSONObject.Member(name: name, value: try value()))
      skipSpace()
      if take("}") { return leave(members) }
      try expect(",")
    }
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    let start = position
    switch peek {
    case UInt8(ascii: "\""): return .string(try text())
    case UInt8(ascii: "{"):
      _ = try object()
      return .object(start..<position)
    case UInt8(ascii: "["):
      _ = try elements()
      return .array(start..<position)
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default:
      try number()
      return .number(start..<position)
    }
  }

  private mutating func text() throws(JSONError) -> JSONText {
    try expect("\"")
    let start = position
    var isEscaped = false
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        defer { position += 1 }
        return JSONText(range: start..<position, isEscaped: isEscaped)
      }
      guard byte >= 0x20 else { throw syntax }
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        try escape()
      } else {
        position += 1
      }
    }
    throw syntax
  }

  private mutating func escape() throws(JSONError) {
    position += 1
    switch peek {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    case UInt8(ascii: "u"):
      let unit = try codeUnit()
      guard unit != 0, !(0xDC00...0xDFFF).contains(unit) else { throw .encoding }
      guard (0xD800...0xDBFF).contains(unit) else { return }
      guard take("\\"), peek == UInt8(ascii: "u") else { throw .encoding }
      guard (0xDC00...0xDFFF).contains(try codeUnit()) else { throw .encoding }
    default: throw syntax
    }
  }

  private mutating func codeUnit() throws(JSONError) -> UInt32 {
    guard position + 5 <= end else { throw syntax }
    var unit: UInt32 = 0
    for offset in 1...4 {
      guard let digit = Hex.value(of: bytes[position + offset]) else { throw syntax }
      unit = unit << 4 | UInt32(digit)
    }
    position += 5
    return unit
  }

  private mutating func number() throws(JSONError) {
    _ = take("-")
    if !take("0") { _ = try digits() }
    if take(".") { _ = try digits() }
    guard take("e") || take("E") else { return }
    if !take("+") { _ = take("-") }
    let exponent = bytes[try digits()].drop { $0 == UInt8(ascii: "0") }
    guard exponent.count <= 3 else { throw .limit }
    let magnitude = exponent.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    guard magnitude <= 308 else { throw .limit }
  }

  private mutating func digits() throws(JSONError) -> Range<Int> {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw syntax }
    return start..<position
  }

  private mutating func literal(
    _ word: StaticString,
    _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    let count = word.utf8CodeUnitCount
    guard position + count <= end,
      word.withUTF8Buffer({ bytes[position..<position + count].elementsEqual($0) })
    else { throw syntax }
    position += count
    return value
  }

  private var peek: UInt8? { position < end ? bytes[position] : nil }

  private var syntax: JSONError { .syntax(offset: position) }

  private mutating func take(_ letter: Unicode.Scalar) -> Bool {
    guard position < end, bytes[position] == UInt8(ascii: letter) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ letter: Unicode.Scalar) throws(JSONError) {
    guard take(letter) else { throw syntax }
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func enter() throws(JSONError) {
    depth += 1
    guard depth <= limits.depth else { throw .limit }
  }

  private mutating func leave<Result>(_ result: Result) -> Result {
    depth -= 1
    return result
  }

  private func areEqual(_ left: JSONText, _ right: JSONText) -> Bool {
    if left.isEscaped || right.isEscaped {
      return Self.unescape(bytes, left) == Self.unescape(bytes, right)
    }
    return left.range.count == right.range.count && bytes[left.range] == bytes[right.range]
  }
}

extension JSONScanner {
  /// The bytes that a checked string means.
  static func unescape(_ bytes: [UInt8], _ text: JSONText) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.range.count)
    var position = text.range.lowerBound
    while position < text.range.upperBound {
      let byte = bytes[position]
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        position += 1
        continue
      }
      let letter = bytes[position + 1]
      position += 2
      switch letter {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"):
        var scalar = hexadecimal(bytes, at: position)
        position += 4
        if (0xD800...0xDBFF).contains(scalar) {
          scalar = 0x10000 + (scalar - 0xD800) << 10 + hexadecimal(bytes, at: position + 2) - 0xDC00
          position += 6
        }
        if let scalar = Unicode.Scalar(scalar) {
          result.append(contentsOf: UTF8.encode(scalar) ?? .init())
        }
      default: result.append(letter)
      }
    }
    return result
  }

  private static func hexadecimal(_ bytes: [UInt8], at position: Int) -> UInt32 {
    bytes[position..<position + 4].reduce(0) { $0 << 4 | UInt32(Hex.value(of: $1) ?? 0) }
  }
}
