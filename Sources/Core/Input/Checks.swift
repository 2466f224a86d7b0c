import JSON

/// The checks of an input's values: each reports its problem, or writes itself into the schema.
package struct Checks {
  private(set) var problems: [FieldProblem]
  private let schema: Schema?

  /// - Parameters:
  ///   - problems: what reading has found; a field in it is not checked further.
  ///   - schema: where the checks write themselves; nil when they check.
  init(problems: [FieldProblem], schema: Schema? = nil) {
    self.problems = problems
    self.schema = schema
  }

  /// A text's length in Unicode scalars, as PostgreSQL counts.
  package mutating func length(of text: String?, _ field: String, in range: ClosedRange<Int>) {
    note(field, [("minLength", JSON(range.lowerBound)), ("maxLength", JSON(range.upperBound))])
    guard let text, !range.contains(text.unicodeScalars.count) else { return }
    let least = range.lowerBound == 0 ? "at most" : "\(range.lowerBound) to"
    report(field, "must have \(least) \(range.upperBound) characters")
  }

  /// A text that says something: not white space alone.
  package mutating func isNotBlank(_ text: String?, _ field: String) {
    note(field, [("pattern", .string("\\S"))])
    guard let text, text.allSatisfy(\.isWhitespace) else { return }
    report(field, "must not be blank")
  }

  package mutating func range(of number: Int?, _ field: String, in range: ClosedRange<Int>) {
    note(field, [("minimum", JSON(range.lowerBound)), ("maximum", JSON(range.upperBound))])
    guard let number, !range.contains(number) else { return }
    report(field, "must be from \(range.lowerBound) to \(range.upperBound)")
  }

  package mutating func count(
    of elements: (some Collection)?,
    _ field: String,
    in range: ClosedRange<Int>
  ) {
    note(field, [("minItems", JSON(range.lowerBound)), ("maxItems", JSON(range.upperBound))])
    guard let elements, !range.contains(elements.count) else { return }
    report(field, "must have \(range.lowerBound) to \(range.upperBound) elements")
  }

  /// An absolute https URL of at most 2,048 bytes, without user information (RFC 3986).
  package mutating func url(_ text: String?, _ field: String) {
    note(
      field,
      [
        ("format", "uri"), ("maxLength", JSON(WebAddress.lengthLimit)),
        ("pattern", .string(WebAddress.pattern)),
      ]
    )
    guard let text, !WebAddress.isValid(text) else { return }
    report(field, "must be an https:// URL")
  }

  /// Any other rule; it is not part of the schema.
  package mutating func require(_ isMet: Bool, _ field: String, _ message: String) {
    guard schema == nil, !isMet else { return }
    report(field, message)
  }

  private mutating func report(_ field: String, _ message: String) {
    guard schema == nil, !problems.contains(where: { $0.field == field }) else { return }
    problems.append(FieldProblem(field: field, message: message))
  }

  private func note(_ field: String, _ constraints: [(String, JSON)]) {
    schema?.constrain(field, constraints)
  }
}
