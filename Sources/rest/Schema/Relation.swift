/// A table, a view, or what a function returns.
struct Relation: Sendable {
  let name: QualifiedName
  let columns: [Column]
  let primaryKey: [String]
  let verbs: Verbs
  private let places: [String: Int]

  /// What can be done to a view's rows; to a table's everything.
  struct Verbs: OptionSet, Sendable {
    let rawValue: Int

    static let insert = Verbs(rawValue: 1)
    static let update = Verbs(rawValue: 2)
    static let delete = Verbs(rawValue: 4)
  }

  init(_ name: QualifiedName, columns: [Column], primaryKey: [String] = [], verbs: Verbs = []) {
    self.name = name
    self.columns = columns
    self.primaryKey = primaryKey
    self.verbs = verbs
    places = Dictionary(zip(columns.map(\.name), columns.indices)) { first, _ in first }
  }

  func column(_ name: String) -> Column? {
    places[name].map { columns[$0] }
  }
}

struct Column: Sendable, Equatable {
  let name: String
  let type: QualifiedName
  /// What a domain is made of; else the same.
  let baseType: QualifiedName

  /// Whether `->` can be asked of it as it is.
  var isJSON: Bool {
    baseType.schema == "pg_catalog" && (baseType.name == "json" || baseType.name == "jsonb")
  }

  var isSearchVector: Bool { baseType == QualifiedName(schema: "pg_catalog", name: "tsvector") }
}
