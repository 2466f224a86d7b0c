/// What can be asked for: the schema cache. One value for all requests until the next is read.
final class Catalog: Sendable {
  let schemas: [String]
  private let relations: [QualifiedName: Relation]
  private let relationships: [QualifiedName: [Relationship]]
  private let routines: [QualifiedName: [Routine]]
  private let roleSettings: [Caller.Role: OwnSettings]
  /// By their names as users write them.
  private let types: [String: QualifiedName]

  init(
    schemas: [String],
    relations: [Relation],
    relationships: [Relationship],
    routines: [Routine],
    roleSettings: [Caller.Role: OwnSettings],
    types: [String: QualifiedName]
  ) {
    self.schemas = schemas
    self.relations = Dictionary(relations.map { ($0.name, $0) }) { first, _ in first }
    self.relationships = Dictionary(grouping: relationships, by: \.origin)
    self.routines = Dictionary(grouping: routines, by: \.name)
    self.roleSettings = roleSettings
    self.types = types
  }

  /// - Throws: ``Refusal`` with PGRST205.
  func relation(_ name: QualifiedName) throws(Refusal) -> Relation {
    guard let relation = relations[name] else {
      throw .noTable(name, suggestion: suggestion(for: name, among: relations.keys))
    }
    return relation
  }

  func relationships(of origin: QualifiedName) -> [Relationship] {
    relationships[origin] ?? []
  }

  /// All of that name.
  func routines(_ name: QualifiedName) -> [Routine] {
    routines[name] ?? []
  }

  /// What a role has set for itself.
  func settings(of role: Caller.Role) -> OwnSettings {
    roleSettings[role] ?? OwnSettings()
  }

  /// - Parameter name: such as `int`, `text[]` or `app_role_enum`.
  /// - Throws: ``Refusal`` with 42704.
  func type(_ name: String, in schema: String) throws(Refusal) -> QualifiedName {
    let isArray = name.hasSuffix("[]")
    var base = isArray ? String(name.dropLast(2)) : name
    base = Self.synonyms[base.lowercased()] ?? base
    let element = types["\(schema).\(base)"] ?? types[base] ?? types[base.lowercased()]
    guard let element else { throw .undefinedType(name) }
    return isArray ? QualifiedName(schema: element.schema, name: "_\(element.name)") : element
  }

  /// The nearest existing function, with what it takes.
  func suggestion(forRoutine name: QualifiedName) -> String? {
    if let known = routines[name]?.first {
      let list = known.parameters.map(\.name).joined(separator: ", ")
      return "\(name)(\(list))"
    }
    return suggestion(for: name, among: routines.keys)
  }

  private func suggestion(
    for name: QualifiedName,
    among names: some Sequence<QualifiedName>
  ) -> String? {
    let candidates = names.filter { $0.schema == name.schema }.map(\.name)
    return Suggestion.nearest(to: name.name, among: candidates).map { "\(name.schema).\($0)" }
  }

  /// The names that SQL's grammar has beside the catalog's.
  private static let synonyms = [
    "int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4",
    "float": "float8", "double precision": "float8", "decimal": "numeric", "boolean": "bool",
    "character varying": "varchar", "char": "bpchar", "character": "bpchar",
    "timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp",
    "time with time zone": "timetz", "time without time zone": "time", "bit varying": "varbit",
  ]
}
