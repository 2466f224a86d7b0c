/// What a request's parameters ask for, as they say it: names are not looked up yet.
struct Query {
  /// Something that is said of the rows at a place: of the rows themselves when the path is empty,
  /// else of those embedded in them under these names.
  struct Placed<Value> {
    var path: [String]
    var value: Value
  }

  var select: [SelectItem] = [.all]
  /// In the order of the parameters.
  var conditions: [Placed<Condition>] = []
  var orders: [Placed<[OrderTerm]>] = []
  var limits: [Placed<Int>] = []
  var offsets: [Placed<Int>] = []
  var columns: [String]?
  var conflictColumns: [String]?
  /// A function's arguments, where its name says which parameters are.
  var arguments: [QueryParameters.Pair] = []

  init() {}

  /// - Parameter isArgument: whether a parameter is one of the called function's.
  init(
    _ parameters: QueryParameters,
    isArgument: (QueryParameters.Pair) -> Bool = { _ in false }
  ) throws(Refusal) {
    for pair in parameters.pairs {
      switch pair.name {
      case "select": select = try SelectItem.items(pair.value)
      case "columns": columns = try Self.names(pair.value, "columns parameter")
      case "on_conflict": conflictColumns = try Self.names(pair.value, "on_conflict parameter")
      case "order", "limit", "offset", "and", "or", "not.and", "not.or":
        try add(pair, Key(path: [], last: Field(name: pair.name)))
      default:
        if isArgument(pair) {
          arguments.append(pair)
        } else {
          try add(pair, Key.parse(pair.name))
        }
      }
    }
  }

  /// Whether a parameter of that name is no filter and no argument.
  static func isReserved(_ name: String) -> Bool {
    switch name {
    case "select", "columns", "on_conflict": true
    default: lastWords.contains { name.utf8.elementsEqual($0.utf8) || name.hasSuffix(".\($0)") }
    }
  }

  private static let lastWords = ["order", "limit", "offset", "and", "or"]

  private mutating func add(_ pair: QueryParameters.Pair, _ key: Key) throws(Refusal) {
    switch key.last.path.isEmpty ? key.last.name : "" {
    case "order":
      orders.append(Placed(path: key.path, value: try OrderTerm.terms(pair.value)))
    case "limit":
      limits.append(Placed(path: key.path, value: try Self.number(pair)))
    case "offset":
      offsets.append(Placed(path: key.path, value: try Self.number(pair)))
    case "and", "or", "not.and", "not.or":
      let name = LogicName(
        isAny: key.last.name.hasSuffix("or"),
        isNegated: key.last.name.hasPrefix("not.")
      )
      conditions.append(Placed(path: key.path, value: try Condition.parse(name, pair.value)))
    default:
      var filter = try Filter.parse(key.last, pair.value)
      filter.parameter = pair.place
      conditions.append(Placed(path: key.path, value: .filter(filter)))
    }
  }

  private static func number(_ pair: QueryParameters.Pair) throws(Refusal) -> Int {
    guard let number = Int(pair.value) else {
      throw .parse(pair.name, pair.value, column: 1, "expecting a whole number")
    }
    guard number >= 0 else {
      throw .range(
        pair.name.hasSuffix("limit")
          ? "Limit should be greater than or equal to zero."
          : "Offset should be greater than or equal to zero."
      )
    }
    return number
  }

  /// `"a","b",c`
  private static func names(_ text: String, _ part: String) throws(Refusal) -> [String] {
    var scanner = Scanner(text, part: part)
    guard !scanner.isAtEnd else { return [] }
    var names: [String] = []
    repeat {
      names.append(try scanner.takeName())
    } while scanner.take(UInt8(ascii: ","))
    guard scanner.isAtEnd else { throw scanner.failure(expecting: "\",\" or end of input") }
    return names
  }
}

/// A parameter's name: the place, and a field or a word.
private struct Key {
  var path: [String]
  var last: Field

  /// `clients.projects.name`, `data->a->>b`, `clients.not.or`
  static func parse(_ text: String) throws(Refusal) -> Key {
    var scanner = Scanner(text, part: "tree path")
    var names: [String] = []
    repeat {
      names.append(try scanner.takeName())
    } while scanner.take(UInt8(ascii: "."))
    let path = try scanner.takePath()
    guard scanner.isAtEnd else { throw scanner.failure(expecting: "\".\" or end of input") }
    var last = names.removeLast()
    if names.last == "not", last == "and" || last == "or" {
      names.removeLast()
      last = "not.\(last)"
    }
    return Key(path: names, last: Field(name: last, path: path))
  }
}
