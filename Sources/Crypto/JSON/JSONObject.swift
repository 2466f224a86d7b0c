/// One JSON object read strictly (RFC 8259), for tokens and keys: what two readers could understand
/// differently is refused.
///
/// Refused are invalid UTF-8, a member named twice at any depth (names compared after unescaping),
/// lone surrogates and `\u0000` (which PostgreSQL can't hold), exponents over ±308, more than
/// `Limits.depth` levels, and anything around the object but white space. Values stay in `bytes`;
/// only what is asked for is copied.
struct JSONObject: Sendable {
  /// How much work a hostile text may cause.
  struct Limits: Sendable {
    /// Members of one object.
    var members = 256
    /// Objects and arrays inside each other.
    var depth = 32
  }

  /// A name and where its value stands.
  struct Member: Sendable {
    /// As it is written.
    var name: JSONText
    /// Not yet read.
    var value: JSONValue
  }

  /// The text that was read; every range below points into it.
  private(set) var bytes: [UInt8]
  /// In the order of the text.
  let members: [Member]

  /// Reads the whole text.
  init(_ bytes: [UInt8], limits: Limits = Limits()) throws(JSONError) {
    guard (try? UTF8Span(validating: bytes.span)) != nil else { throw .encoding }
    var scanner = JSONScanner(bytes, limits: limits)
    members = try scanner.document()
    self.bytes = bytes
  }

  /// An object inside one that was read before.
  init(_ bytes: [UInt8], at range: Range<Int>) throws(JSONError) {
    var scanner = JSONScanner(bytes, in: range)
    members = try scanner.document()
    self.bytes = bytes
  }

  /// The value of a member, nil when there is none.
  subscript(_ name: StaticString) -> JSONValue? {
    for member in members where bytes.holds(member.name, name) { return member.value }
    return nil
  }

  /// A string without its escapes.
  func string(_ text: JSONText) -> String {
    guard text.isEscaped else { return String(decoding: bytes[text.range], as: UTF8.self) }
    return String(decoding: JSONScanner.unescape(bytes, text), as: UTF8.self)
  }

  /// Whether a string holds exactly these bytes. Swift's own comparison would also take another
  /// spelling of the same accented letter.
  func holds(_ text: JSONText, exactly other: String) -> Bool {
    if text.isEscaped { return JSONScanner.unescape(bytes, text).elementsEqual(other.utf8) }
    return text.range.count == other.utf8.count && bytes[text.range].elementsEqual(other.utf8)
  }

  /// Overwrites the text, of which there must be no other reference. Nothing can be read after it.
  mutating func wipe() {
    Crypto.wipe(&bytes)
  }

  /// The elements of an array that is a value of this object.
  func elements(at range: Range<Int>) throws(JSONError) -> [JSONValue] {
    var scanner = JSONScanner(bytes, in: range)
    return try scanner.elements()
  }
}

/// Where a string stands, between its quotes.
struct JSONText: Sendable {
  /// Without the quotes.
  var range: Range<Int>
  /// Whether it holds a backslash, so that its bytes are not what it means.
  var isEscaped: Bool
}

/// A value that was checked and left where it stands: ranges are those of its text.
enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(Range<Int>)
  case string(JSONText)
  case array(Range<Int>)
  case object(Range<Int>)
}

/// Why a text is not JSON that this module takes.
package enum JSONError: Error, Equatable, Sendable {
  /// Not valid UTF-8, or an escape for half a character or for U+0000.
  case encoding
  /// Not the grammar; `offset` counts bytes.
  case syntax(offset: Int)
  /// A member twice in one object.
  case duplicateMember
  /// Deeper or wider than the limits.
  case limit
}

extension [UInt8] {
  /// Whether a string without escapes is this name, or one with escapes spells it.
  fileprivate func holds(_ text: JSONText, _ name: StaticString) -> Bool {
    let count = name.utf8CodeUnitCount
    guard text.isEscaped || text.range.count == count else { return false }
    return name.withUTF8Buffer { name in
      text.isEscaped
        ? JSONScanner.unescape(self, text).elementsEqual(name)
        : self[text.range].elementsEqual(name)
    }
  }
}
