/// A column, or what is inside a JSON column.
struct Field: Equatable, Sendable {
  var name: String
  var path: [JSONStep] = []
}

/// A step into JSON.
struct JSONStep: Equatable, Sendable {
  enum Key: Equatable, Sendable {
    case name(String)
    case index(Int32)
  }

  var key: Key
  /// `->>`
  var isText: Bool
}

extension Field {
  /// What it is called in the answer when no alias is given: the last name in its path.
  var defaultAlias: String {
    for step in path.reversed() {
      if case .name(let name) = step.key { return name }
    }
    return name
  }
}

extension Scanner {
  /// A name, quoted or not; a dash belongs to it unless an arrow begins with it.
  mutating func takeName(
    _ what: String = "field name (* or [a..z0..9_$])"
  ) throws(Refusal)
    -> String
  {
    if let quoted = try takeQuoted() { return quoted }
    let start = position
    while let byte = next {
      guard byte.isNameByte || byte == UInt8(ascii: "-") && self.byte(at: 1) != UInt8(ascii: ">")
      else { break }
      advance()
    }
    guard position > start else { throw failure(expecting: what) }
    return text(from: start)
  }

  mutating func takeField() throws(Refusal) -> Field {
    let name = try takeName()
    return Field(name: name, path: try takePath())
  }

  /// `->a->0->>b`; nothing but its last arrow gives text.
  mutating func takePath() throws(Refusal) -> [JSONStep] {
    var path: [JSONStep] = []
    while take("->") {
      let isText = take(UInt8(ascii: ">"))
      path.append(JSONStep(key: try takeKey(), isText: isText))
    }
    return path
  }

  private mutating func takeKey() throws(Refusal) -> JSONStep.Key {
    let start = position
    _ = take(UInt8(ascii: "-"))
    let digits = takeWhile(\.isDigit)
    let isOver = isAtEnd || isNext("->") || next.map { ".,:)=".utf8.contains($0) } == true
    if !digits.isEmpty, isOver, let index = Int32(text(from: start)) {
      return .index(index)
    }
    move(to: start)
    return .name(try takeName("any non reserved character different from: .,>()"))
  }
}
