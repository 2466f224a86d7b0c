/// A term of `order`.
struct OrderTerm: Equatable {
  /// The embedded relation whose field it is; nil for the rows' own.
  var relation: String?
  var field: Field
  var isDescending: Bool?
  var nullsFirst: Bool?

  /// - Parameter text: of the parameter `order`.
  static func terms(_ text: String) throws(Refusal) -> [OrderTerm] {
    var scanner = Scanner(text, part: "order")
    guard !scanner.isAtEnd else { return [] }
    var terms: [OrderTerm] = []
    repeat {
      terms.append(try scanner.takeTerm())
    } while scanner.take(UInt8(ascii: ","))
    guard scanner.isAtEnd else { throw scanner.failure(expecting: "\",\" or end of input") }
    return terms
  }
}

extension Scanner {
  fileprivate mutating func takeTerm() throws(Refusal) -> OrderTerm {
    var field = try takeField()
    var relation: String?
    if field.path.isEmpty, take(UInt8(ascii: "(")) {
      relation = field.name
      field = try takeField()
      guard take(UInt8(ascii: ")")) else { throw failure(expecting: "\")\"") }
    }
    var term = OrderTerm(relation: relation, field: field)
    while take(UInt8(ascii: ".")) {
      if term.isDescending == nil, term.nullsFirst == nil, take("asc") {
        term.isDescending = false
      } else if term.isDescending == nil, term.nullsFirst == nil, take("desc") {
        term.isDescending = true
      } else if term.nullsFirst == nil, take("nullsfirst") {
        term.nullsFirst = true
      } else if term.nullsFirst == nil, take("nullslast") {
        term.nullsFirst = false
      } else {
        throw failure(expecting: "asc, desc, nullsfirst or nullslast")
      }
    }
    return term
  }
}
