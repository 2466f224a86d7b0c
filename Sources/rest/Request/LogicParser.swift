extension Condition {
  /// - Parameters:
  ///   - name: the parameter's name without its path: `and`, `or`, `not.and` or `not.or`.
  ///   - text: its value: `(a.eq.1,or(b.is.null,c.gt.2))`.
  static func parse(_ name: LogicName, _ text: String) throws(Refusal) -> Condition {
    var scanner = Scanner(text, part: "logic tree")
    let condition = try scanner.takeGroup(name)
    guard scanner.isAtEnd else { throw scanner.failure(expecting: "end of input") }
    return condition
  }
}

/// How conditions are joined.
struct LogicName: Equatable {
  var isAny: Bool
  var isNegated: Bool
}

extension Scanner {
  fileprivate mutating func takeGroup(_ name: LogicName) throws(Refusal) -> Condition {
    guard take(UInt8(ascii: "(")) else { throw failure(expecting: "\"(\"") }
    let conditions = try nested { scanner throws(Refusal) in
      var conditions: [Condition] = []
      repeat {
        conditions.append(try scanner.takeCondition())
      } while scanner.take(UInt8(ascii: ","))
      return conditions
    }
    guard take(UInt8(ascii: ")")) else { throw failure(expecting: "\",\" or \")\"") }
    return name.isAny
      ? .any(conditions, isNegated: name.isNegated) : .all(conditions, isNegated: name.isNegated)
  }

  private mutating func takeCondition() throws(Refusal) -> Condition {
    if let name = takeLogicName() { return try takeGroup(name) }
    let field = try takeField()
    guard take(UInt8(ascii: ".")) else { throw failure(expecting: "\".\"") }
    let isNegated = take("not.")
    let operation = try takeOperation(.logicTree)
    return .filter(Filter(field: field, isNegated: isNegated, operation: operation))
  }

  /// `and(`, `or(`, `not.and(`, `not.or(`, without the parenthesis; nil for anything else.
  private mutating func takeLogicName() -> LogicName? {
    let start = position
    let isNegated = take("not.")
    if isNext("and(") || isNext("or(") {
      let isAny = isNext("or(")
      advance(isAny ? 2 : 3)
      return LogicName(isAny: isAny, isNegated: isNegated)
    }
    move(to: start)
    return nil
  }
}
