/// A name with its schema: of a relation, a function or a type.
struct QualifiedName: Hashable, Sendable, CustomStringConvertible {
  let schema: String
  let name: String

  var description: String { "\(schema).\(name)" }
}
