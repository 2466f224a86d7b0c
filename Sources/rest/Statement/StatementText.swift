import Postgres

/// A statement while it is put together. Its text is made of literals, of names in quotes, and of
/// the places of values, which are bound.
struct StatementText {
  private var sql = SQL.StringInterpolation(literalCapacity: 640, interpolationCount: 24)
  private var values = 0
  private var places: [Statement.Place] = []
  private var isKeepable = true

  /// - Parameter name: for metrics.
  func finish(_ name: String) -> Statement {
    let sql = SQL(stringInterpolation: sql).named(name)
    return Statement(sql: sql, places: places, isKeepable: isKeepable)
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
  ///
  /// - Parameter parameter: the place in the query of the parameter whose own value it is.
  mutating func add(value: String, of parameter: Int? = nil) {
    note(parameter)
    sql.appendInterpolation(untyped: value)
  }

  /// As `bytea`, or else as a value whose type the server infers.
  mutating func add(_ body: BodyText, isBytes: Bool = false) {
    if body.form == .parts { isKeepable = false }
    places.append(Statement.Place(number: values, source: .body(body.form)))
    values += 1
    if isBytes {
      sql.appendInterpolation(body.bytes)
    } else {
      sql.appendInterpolation(untyped: body.bytes)
    }
  }

  /// - Parameter parameter: as for `add(value:of:)`.
  mutating func add(text: String, of parameter: Int? = nil) {
    note(parameter)
    sql.appendInterpolation(text)
  }

  mutating func add(number: Int) {
    values += 1
    sql.appendInterpolation(number)
  }

  mutating func add(index: Int32) {
    values += 1
    sql.appendInterpolation(index)
  }

  private mutating func note(_ parameter: Int?) {
    if let parameter {
      places.append(Statement.Place(number: values, source: .parameter(parameter)))
    }
    values += 1
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
