import Postgres

/// A statement while it is put together. Its text is made of literals, of names in quotes, and of
/// the places of values, which are bound.
struct StatementText {
  private var sql = SQL.StringInterpolation(literalCapacity: 640, interpolationCount: 24)

  /// - Parameter name: for metrics.
  func finish(_ name: String) -> SQL {
    SQL(stringInterpolation: sql).named(name)
  }

  mutating func add(_ text: StaticString) {
    sql.appendLiteral(text)
  }

  mutating func add(name: String) {
    sql.appendInterpolation(identifier: name)
  }

  mutating func add(_ name: QualifiedName) {
    sql.appendInterpolation(identifier: name.schema)
    sql.appendLiteral(".")
    sql.appendInterpolation(identifier: name.name)
  }

  /// `"t0"`
  mutating func add(alias number: Int, _ kind: StaticString = "t") {
    sql.appendInterpolation(identifier: "\(kind)\(number)")
  }

  /// A value whose type the server infers from where it stands.
  mutating func add(value: String) {
    sql.appendInterpolation(untyped: value)
  }

  mutating func add(value: [UInt8]) {
    sql.appendInterpolation(untyped: value)
  }

  /// As `bytea`.
  mutating func add(bytes: [UInt8]) {
    sql.appendInterpolation(bytes)
  }

  mutating func add(text: String) {
    sql.appendInterpolation(text)
  }

  mutating func add(number: Int) {
    sql.appendInterpolation(number)
  }

  mutating func add(index: Int32) {
    sql.appendInterpolation(index)
  }

  /// Each element of `list` with `separator` between them.
  mutating func add<Element>(
    _ list: some Sequence<Element>,
    separator: StaticString = ", ",
    _ body: (inout StatementText, Element) -> Void
  ) {
    var isFirst = true
    for element in list {
      if !isFirst { add(separator) }
      isFirst = false
      body(&self, element)
    }
  }
}
