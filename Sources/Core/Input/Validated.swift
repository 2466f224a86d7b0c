/// What a function takes: its fields, read from the JSON body, or from the query where there is
/// none. Names are snake case on the wire.
///
/// Everything that is wrong is reported at once, by field: first what can't be read, then what
/// ``validate(_:)`` finds. The same code, run over recorded dummies, is the schema that
/// `--describe` prints, so it says what is really accepted.
package protocol Validated: Decodable, Sendable {
  /// Other names that a field is taken under.
  static var aliases: [String: String] { get }

  /// Checks the fields' values. Each check names its field as it stands on the wire.
  func validate(_ checks: inout Checks)
}

extension Validated {
  package static var aliases: [String: String] { [:] }

  package func validate(_ checks: inout Checks) {}
}

/// For functions that take nothing.
package struct NoInput: Validated {
  package init() {}
}

/// What is wrong with one field; an entry of VALIDATION_FAILED's details.
package struct FieldProblem: Equatable, Sendable {
  /// Its path on the wire: `tags.3`.
  package let field: String
  package let message: String

  package init(field: String, message: String) {
    self.field = field
    self.message = message
  }
}
