/// A statement, or a part of one, whose values travel beside its text.
///
/// The text comes from literals alone (`StaticString`), and each interpolated value is bound as a
/// typed parameter, so that nothing a user sends can become SQL text:
/// `"select name from item where id = \(id)"` is `select name from item where id = $1`.
/// A `String` is bound as `text`, an `Int` as `int8`; where another type is meant, the statement
/// says so: `\(category)::category`.
package struct SQL: Sendable, ExpressibleByStringInterpolation {
  package typealias StringLiteralType = StaticString

  /// UTF-8 with a closing NUL, and `$n` where a value is bound.
  private(set) var text: [UInt8]
  private(set) var parameters: Parameters
  /// What it is called in metrics and logs: given by ``named(_:)``, or else the function that built
  /// it; nil for a plain literal, which is called after the function that runs it.
  package private(set) var name: String?
  /// What it was made of, if it was: all that is made of one has the same text and types.
  private(set) var template: StatementTemplate?

  package init(stringLiteral: StaticString) {
    self.init(stringInterpolation: StringInterpolation(stringLiteral))
  }

  package init(stringInterpolation: StringInterpolation) {
    text = stringInterpolation.text
    text.append(0)
    parameters = stringInterpolation.parameters
    name = stringInterpolation.function
  }

  /// The text of `sql` with other values of the same types.
  init(_ sql: SQL, _ parameters: Parameters, of template: StatementTemplate?) {
    self = sql
    self.parameters = parameters
    self.template = template
  }

  /// A name for metrics and logs, of few distinct ones.
  package func named(_ name: String) -> SQL {
    var named = self
    named.name = name
    return named
  }

  func withCString<Value>(_ body: (UnsafePointer<CChar>?) -> Value) -> Value {
    text.withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: CChar.self)) }
  }

  /// - Throws: ``PostgresError/malformed(_:)`` for what libpq can't send.
  func check() throws(PostgresError) {
    guard !parameters.holdsNUL else { throw .malformed("a statement holds a NUL") }
    guard parameters.slots.count <= 65_535 else {
      throw .malformed("a statement has more than 65535 values")
    }
  }

  static func deallocate(_ statement: PreparedStatement) -> SQL {
    "deallocate \(identifier: statement.name)"
  }

  /// Text and types alone, for keeping.
  var withoutValues: SQL {
    var bare = self
    bare.parameters.dropValues()
    bare.template = nil
    return bare
  }

  /// The same text with other values of the same types.
  ///
  /// - Parameters:
  ///   - size: about how many bytes they have.
  ///   - bind: binds them in their order.
  func rebound(size: Int, _ bind: (inout Parameters.Rebinding) -> Void) -> SQL {
    var values = Parameters.Rebinding(parameters, size: size)
    bind(&values)
    var rebound = self
    rebound.parameters = values.parameters
    return rebound
  }

  /// A name quoted as PostgreSQL wants it, so that it can only ever be a name.
  package static func identifier(_ name: String) -> SQL {
    "\(identifier: name)"
  }

  package static func + (left: SQL, right: SQL) -> SQL {
    var joined = StringInterpolation(left)
    joined.appendInterpolation(fragment: right)
    return SQL(stringInterpolation: joined)
  }
}

extension SQL: CustomStringConvertible {
  /// The text without the values.
  package var description: String { String(decoding: text.dropLast(), as: UTF8.self) }
}

extension Sequence<SQL> {
  package func joined(separator: SQL = "") -> SQL {
    var joined = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: 0)
    for (index, fragment) in enumerated() {
      if index > 0 { joined.appendInterpolation(fragment: separator) }
      joined.appendInterpolation(fragment: fragment)
    }
    return SQL(stringInterpolation: joined)
  }
}

extension SQL {
  /// Builds the text and binds the values.
  package struct StringInterpolation: StringInterpolationProtocol {
    package typealias StringLiteralType = StaticString

    fileprivate var text: [UInt8] = []
    fileprivate var parameters = Parameters()
    fileprivate var function: String?

    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 3 * interpolationCount + 1)
      parameters.reserve(interpolationCount)
    }

    fileprivate init(_ literal: StaticString) {
      self.init(literalCapacity: literal.utf8CodeUnitCount, interpolationCount: 0)
      appendLiteral(literal)
    }

    fileprivate init(_ sql: SQL) {
      text = Array(sql.text.dropLast())
      parameters = sql.parameters
      function = sql.name
    }

    package mutating func appendLiteral(_ literal: StaticString) {
      literal.withUTF8Buffer {
        if $0.contains(0) { parameters.holdsNUL = true }
        text.append(contentsOf: $0)
      }
    }

    package mutating func appendInterpolation<Value: Bindable>(
      _ value: Value?,
      function: String = #function
    ) {
      bind(Value.boundType, function) { value?.bind(into: &$0) }
    }

    /// A value whose type the server infers from where it stands, like a quoted literal.
    package mutating func appendInterpolation(
      untyped value: String?,
      function: String = #function
    ) {
      if let value, value.utf8.contains(0) { parameters.holdsNUL = true }
      bind(.unknown, function) { bytes in value.map { bytes.append(contentsOf: $0.utf8) } }
    }

    /// The same of UTF-8, which the server checks.
    package mutating func appendInterpolation(
      untyped value: [UInt8]?,
      function: String = #function
    ) {
      if let value, value.contains(0) { parameters.holdsNUL = true }
      bind(.unknown, function) { bytes in value.map { bytes.append(contentsOf: $0) } }
    }

    /// UTF-8 that is bound as `text`; the server checks it.
    package mutating func appendInterpolation(
      text value: [UInt8]?,
      function: String = #function
    ) {
      bind(.text, function) { bytes in value.map { bytes.append(contentsOf: $0) } }
    }

    /// JSON text, bound as `jsonb`; the server checks it.
    package mutating func appendInterpolation(
      json value: (some Collection<UInt8>)?,
      function: String = #function
    ) {
      bind(.jsonb, function) { bytes in
        value.map {
          // The version of jsonb's binary form.
          bytes.append(1)
          bytes.append(contentsOf: $0)
        }
      }
    }

    package mutating func appendInterpolation(
      json value: String?,
      function: String = #function
    ) {
      appendInterpolation(json: value?.utf8, function: function)
    }

    /// A part of a statement, its values bound in this one.
    package mutating func appendInterpolation(fragment: SQL) {
      if function == nil { function = fragment.name }
      var start = 0
      for slot in fragment.parameters.slots {
        text.append(contentsOf: fragment.text[start..<slot.position])
        start = slot.position + 1 + slot.digits
        appendPlaceholder(parameters.append(slot, of: fragment.parameters, at: text.count))
      }
      text.append(contentsOf: fragment.text[start..<(fragment.text.count - 1)])
      if fragment.parameters.holdsNUL { parameters.holdsNUL = true }
    }

    /// A name, quoted.
    package mutating func appendInterpolation(identifier name: String) {
      let quote = UInt8(ascii: "\"")
      text.append(quote)
      for byte in name.utf8 {
        if byte == 0 { parameters.holdsNUL = true }
        if byte == quote { text.append(quote) }
        text.append(byte)
      }
      text.append(quote)
    }

    /// - Parameter encode: appends the value's bytes; returns nil for null.
    private mutating func bind(
      _ type: TypeID,
      _ function: String,
      _ encode: (inout [UInt8]) -> Void?
    ) {
      if self.function == nil { self.function = function }
      appendPlaceholder(parameters.append(type, at: text.count, encode))
    }

    /// `$n`
    private mutating func appendPlaceholder(_ number: Int) {
      text.append(UInt8(ascii: "$"))
      text.append(decimal: number)
    }
  }
}
