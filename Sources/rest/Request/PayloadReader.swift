import JSON

/// Where a body stops being JSON, and why.
struct PayloadError: Error, Equatable {
  /// In bytes from the start.
  let offset: Int
  let reason: String
}

/// Walks through JSON (RFC 8259) and notes what the objects of its first level are made of; makes
/// no value of it, which is the database's work.
struct PayloadReader {
  private static let depthLimit = 128

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  private var groups: [Payload.Group] = []
  /// Where a group of these members is, whatever their order.
  private var places: [Set<String>: Int] = [:]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func read() throws(PayloadError) -> (Payload.Shape, [Payload.Group]) {
    skipSpace()
    let shape: Payload.Shape
    switch next {
    case UInt8(ascii: "{"):
      shape = .object
      try noteObject()
    case UInt8(ascii: "["):
      shape = try noteArray()
    default:
      shape = .other
      try skipValue()
    }
    skipSpace()
    guard position == bytes.count else { throw error("something follows the value") }
    return (shape, shape == .other ? [] : groups)
  }

  // MARK: - The first level

  /// An array that holds anything but objects is for functions that take it whole.
  private mutating func noteArray() throws(PayloadError) -> Payload.Shape {
    position += 1
    skipSpace()
    guard !take(UInt8(ascii: "]")) else { return .array }
    var shape = Payload.Shape.array
    repeat {
      skipSpace()
      if next == UInt8(ascii: "{") {
        try noteObject()
      } else {
        shape = .other
        try skipValue()
      }
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw error("the array does not end") }
    return shape
  }

  private mutating func noteObject() throws(PayloadError) {
    let start = position
    var names: [String] = []
    try skipObject { names.append($0) }
    let range = start..<position
    // Most objects are like the one before them.
    if let last = groups.indices.last, groups[last].columns == names {
      groups[last].objects.append(range)
      return
    }
    let set = Set(names)
    if let place = places[set] {
      groups[place].objects.append(range)
    } else {
      places[set] = groups.count
      var seen: Set<String> = []
      let columns = names.filter { seen.insert($0).inserted }
      groups.append(Payload.Group(columns: columns, objects: [range]))
    }
  }

  // MARK: - Values

  private mutating func skipValue() throws(PayloadError) {
    switch next {
    case UInt8(ascii: "{"): try skipObject { _ in }
    case UInt8(ascii: "["): try skipArray()
    case UInt8(ascii: "\""): _ = try takeString()
    case UInt8(ascii: "t"): try skip("true")
    case UInt8(ascii: "f"): try skip("false")
    case UInt8(ascii: "n"): try skip("null")
    default: try skipNumber()
    }
  }

  private mutating func skipObject(_ note: (String) -> Void) throws(PayloadError) {
    try enter()
    position += 1
    skipSpace()
    if !take(UInt8(ascii: "}")) {
      repeat {
        skipSpace()
        let name = try takeString()
        note(try text(of: name))
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw error("a member has no value") }
        skipSpace()
        try skipValue()
        skipSpace()
      } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "}")) else { throw error("the object does not end") }
    }
    depth -= 1
  }

  private mutating func skipArray() throws(PayloadError) {
    try enter()
    position += 1
    skipSpace()
    if !take(UInt8(ascii: "]")) {
      repeat {
        skipSpace()
        try skipValue()
        skipSpace()
      } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "]")) else { throw error("the array does not end") }
    }
    depth -= 1
  }

  /// - Returns: where it is, its quotes included.
  private mutating func takeString() throws(PayloadError) -> Range<Int> {
    let start = position
    guard take(UInt8(ascii: "\"")) else { throw error("there is no string") }
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return start..<position
      case UInt8(ascii: "\\"): position += 2
      case 0..<0x20: throw error("a control character")
      default: position += 1
      }
    }
    throw error("the string does not end")
  }

  private func text(of string: Range<Int>) throws(PayloadError) -> String {
    let inside = bytes[(string.lowerBound + 1)..<(string.upperBound - 1)]
    if inside.contains(UInt8(ascii: "\\")) {
      guard case .string(let text)? = try? JSON(parsing: Array(bytes[string])) else {
        throw error("the string has no such escape")
      }
      return text
    }
    guard let text = String(validating: inside, as: UTF8.self) else { throw error("no UTF-8") }
    return text
  }

  private mutating func skipNumber() throws(PayloadError) {
    _ = take(UInt8(ascii: "-"))
    let start = position
    guard skipDigits() else { throw error("there is no value") }
    guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      throw error("a number begins with 0")
    }
    if take(UInt8(ascii: ".")), !skipDigits() { throw error("the fraction has no digits") }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
      guard skipDigits() else { throw error("the exponent has no digits") }
    }
  }

  private mutating func skipDigits() -> Bool {
    let start = position
    while let byte = next, byte.isDigit { position += 1 }
    return position > start
  }

  private mutating func skip(_ literal: StaticString) throws(PayloadError) {
    for offset in 0..<literal.utf8CodeUnitCount {
      guard take(literal.utf8Start[offset]) else { throw error("there is no value") }
    }
  }

  // MARK: - Bytes

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func enter() throws(PayloadError) {
    guard depth < Self.depthLimit else { throw error("it is nested too deeply") }
    depth += 1
  }

  private func error(_ reason: String) -> PayloadError {
    PayloadError(offset: position, reason: reason)
  }
}
