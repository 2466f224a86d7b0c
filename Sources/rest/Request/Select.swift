/// What an answer's rows shall hold.
indirect enum SelectItem: Equatable, Sendable {
  case all
  case field(Field, alias: String?, cast: String?)
  case relation(Embedding)
}

/// Rows of a related table inside each row.
struct Embedding: Equatable, Sendable {
  var name: String
  var alias: String?
  /// Which of several relationships: a constraint, a column, a junction.
  var hint: String?
  /// A row without related ones is left out.
  var isInner = false
  /// Its fields become the row's own.
  var isSpread = false
  var items: [SelectItem] = []
}

extension SelectItem {
  /// - Parameter text: of the parameter `select`.
  static func items(_ text: String) throws(Refusal) -> [SelectItem] {
    var scanner = Scanner(text, part: "select parameter")
    guard !scanner.isAtEnd else { return [] }
    let items = try scanner.takeItems()
    guard scanner.isAtEnd else { throw scanner.failure(expecting: "\",\" or end of input") }
    return items
  }
}

extension Scanner {
  fileprivate mutating func takeItems() throws(Refusal) -> [SelectItem] {
    var items: [SelectItem] = []
    repeat {
      items.append(try takeItem())
    } while take(UInt8(ascii: ","))
    return items
  }

  private mutating func takeItem() throws(Refusal) -> SelectItem {
    if take("...") {
      let name = try takeName()
      guard var embedding = try takeEmbedding(name, alias: nil) else {
        throw failure(expecting: "\"(\" or \"!\"")
      }
      embedding.isSpread = true
      return .relation(embedding)
    }
    if take(UInt8(ascii: "*")) { return .all }
    var name = try takeName()
    var alias: String?
    if next == UInt8(ascii: ":"), byte(at: 1) != UInt8(ascii: ":") {
      advance()
      alias = name
      name = try takeName()
    }
    if let embedding = try takeEmbedding(name, alias: alias) { return .relation(embedding) }
    return try takeColumn(name, alias)
  }

  private mutating func takeColumn(
    _ name: String,
    _ alias: String?
  ) throws(Refusal) -> SelectItem {
    let field = Field(name: name, path: try takePath())
    var cast = try takeCast()
    if take(UInt8(ascii: ".")) {
      let function = takeWhile { $0.isNameByte }
      guard ["avg", "count", "max", "min", "sum"].contains(function), take("()") else {
        throw failure(expecting: "avg(), count(), max(), min() or sum()")
      }
      throw .aggregates
    }
    if cast == nil { cast = try takeCast() }
    return .field(field, alias: alias, cast: cast)
  }

  /// `::int`, `::text[]`, `::double precision`
  private mutating func takeCast() throws(Refusal) -> String? {
    guard take("::") else { return nil }
    let name = takeWhile { $0.isNameByte || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }
    guard !name.isEmpty else { throw failure(expecting: "a type") }
    return name
  }

  /// `name!hint!inner(…)`; nil when neither `!` nor `(` is next.
  private mutating func takeEmbedding(
    _ name: String,
    alias: String?
  ) throws(Refusal) -> Embedding? {
    guard next == UInt8(ascii: "!") || next == UInt8(ascii: "(") else { return nil }
    var embedding = Embedding(name: name, alias: alias)
    while take(UInt8(ascii: "!")) {
      switch try takeName("a hint, inner or left") {
      case "inner": embedding.isInner = true
      case "left": break
      case let hint:
        guard embedding.hint == nil else { throw failure("there are two hints") }
        embedding.hint = hint
      }
    }
    guard take(UInt8(ascii: "(")) else { throw failure(expecting: "\"(\"") }
    if take(UInt8(ascii: ")")) {
      // `count()` is the aggregate, unless an alias or a hint says that it is a relation's name.
      if name == "count", embedding.hint == nil, !embedding.isInner { throw .aggregates }
      return embedding
    }
    embedding.items = try nested { scanner throws(Refusal) in try scanner.takeItems() }
    guard take(UInt8(ascii: ")")) else { throw failure(expecting: "\",\" or \")\"") }
    return embedding
  }
}
