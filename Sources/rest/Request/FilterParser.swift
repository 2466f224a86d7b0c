extension Filter {
  /// - Parameters:
  ///   - field: from the parameter's name.
  ///   - text: the parameter's value, such as `not.eq.5`.
  static func parse(_ field: Field, _ text: String) throws(Refusal) -> Filter {
    var scanner = Scanner(text, part: "filter")
    let isNegated = scanner.take("not.")
    let operation = try scanner.takeOperation(.parameter)
    guard scanner.isAtEnd else { throw scanner.failure(expecting: "end of input") }
    return Filter(field: field, isNegated: isNegated, operation: operation)
  }

  /// Whether a value begins like a filter, and is therefore no function's argument.
  static func looksLikeFilter(_ text: String) -> Bool {
    var scanner = Scanner(text, part: "filter")
    _ = scanner.take("not.")
    return (try? scanner.takeOperator()) != nil
  }
}

/// Where a value ends.
enum ValuePlace {
  /// With the parameter.
  case parameter
  /// Before the next `,` or `)`.
  case logicTree
}

extension Scanner {
  private static var expected: String {
    "\"not\" or operator (eq, gt, ...)"
  }

  fileprivate enum Operator {
    case comparison(Comparison)
    case isIn
    case isKnown
    case isDistinct
    case search(SearchSyntax)
  }

  mutating func takeOperation(_ place: ValuePlace) throws(Refusal) -> Operation {
    switch try takeOperator() {
    case .isIn:
      try takeDot()
      return .isIn(try takeList())
    case .isKnown:
      try takeDot()
      return .isKnown(try takeTruth())
    case .isDistinct:
      try takeDot()
      return .isDistinct(try takeValue(place))
    case .search(let syntax):
      let configuration = try takeArgument()
      try takeDot()
      return .search(syntax, configuration: configuration, try takeValue(place))
    case .comparison(let comparison):
      guard comparison.takesQuantifier, next == UInt8(ascii: "(") else {
        try takeDot()
        return .compare(comparison, try takeValue(place))
      }
      let quantifier: Operation.Quantifier
      if take("(any)") {
        quantifier = .any
      } else if take("(all)") {
        quantifier = .all
      } else {
        throw failure(expecting: "(any) or (all)")
      }
      try takeDot()
      return .compareMany(comparison, quantifier, try takeValue(place))
    }
  }

  /// An operator's name, which a `.` or a `(` must follow.
  fileprivate mutating func takeOperator() throws(Refusal) -> Operator {
    let start = position
    let name = takeWhile { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
    let isFollowed = next == UInt8(ascii: ".") || next == UInt8(ascii: "(")
    if isFollowed {
      switch name {
      case "in": return .isIn
      case "is": return .isKnown
      case "isdistinct": return .isDistinct
      default:
        if let comparison = Comparison(rawValue: name) { return .comparison(comparison) }
        if let syntax = SearchSyntax(rawValue: name) { return .search(syntax) }
      }
    }
    move(to: start)
    throw failure(expecting: Self.expected)
  }

  private mutating func takeDot() throws(Refusal) {
    guard take(UInt8(ascii: ".")) else { throw failure(expecting: "\".\"") }
  }

  /// `(english)`
  private mutating func takeArgument() throws(Refusal) -> String? {
    guard take(UInt8(ascii: "(")) else { return nil }
    let text = takeWhile { $0 != UInt8(ascii: ")") }
    guard !text.isEmpty, take(UInt8(ascii: ")")) else { throw failure(expecting: "\")\"") }
    return text
  }

  private mutating func takeTruth() throws(Refusal) -> Truth {
    let start = position
    let word = takeWhile { $0.isNameByte }
    guard let truth = Truth(rawValue: word.lowercased()) else {
      move(to: start)
      throw failure(expecting: "isVal: (null, not_null, true, false, unknown)")
    }
    return truth
  }

  private mutating func takeValue(_ place: ValuePlace) throws(Refusal) -> FilterValue {
    switch place {
    case .parameter:
      return FilterValue(text: takeRest())
    case .logicTree:
      if let quoted = try takeQuoted() { return FilterValue(text: quoted) }
      if let array = takeBraces() { return FilterValue(text: array) }
      let end: (UInt8) -> Bool = { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ")") }
      return FilterValue(text: takeWhile { !end($0) })
    }
  }

  /// `{a,"b}"}`, an array's text; nil when none is next, or it does not end.
  private mutating func takeBraces() -> String? {
    guard next == UInt8(ascii: "{") else { return nil }
    let start = position
    var depth = 0
    var isQuoted = false
    while let byte = next {
      advance()
      switch byte {
      case UInt8(ascii: "\\"): advance()
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "{") where !isQuoted: depth += 1
      case UInt8(ascii: "}") where !isQuoted:
        depth -= 1
        if depth == 0 { return text(from: start) }
      default: break
      }
    }
    move(to: start)
    return nil
  }

  /// `(a,"b,c")`
  private mutating func takeList() throws(Refusal) -> [String] {
    guard take(UInt8(ascii: "(")) else { throw failure(expecting: "\"(\"") }
    var elements: [String] = []
    guard !take(UInt8(ascii: ")")) else { return elements }
    repeat {
      let quoted = try takeQuoted()
      let end: (UInt8) -> Bool = { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ")") }
      elements.append(quoted ?? takeWhile { !end($0) })
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: ")")) else { throw failure(expecting: "\",\" or \")\"") }
    return elements
  }
}
