import Postgres

/// Makes a ``Catalog`` of what was read.
struct CatalogBuilder {
  private let rows: CatalogRows
  private let schemas: [String]
  private let names: [Int: QualifiedName]
  private let columns: [Int: [CatalogRows.Column]]
  private let links: LinkFinder

  init(_ rows: CatalogRows, schemas: [String]) {
    self.rows = rows
    self.schemas = schemas
    let pairs = rows.relations.map {
      ($0.id, QualifiedName(schema: $0.schemaName, name: $0.relationName))
    }
    names = Dictionary(pairs) { first, _ in first }
    columns = Dictionary(grouping: rows.columns, by: \.relationId)
    links = LinkFinder(rows)
  }

  func catalog() -> Catalog {
    let exposed = Set(schemas)
    let relations = rows.relations.filter { exposed.contains($0.schemaName) }.map(relation)
    return Catalog(
      schemas: schemas,
      relations: relations,
      relationships: RelationshipBuilder(links, names: names, columns: columns).relationships()
        .filter { exposed.contains($0.origin.schema) && exposed.contains($0.target.schema) },
      routines: rows.routines.filter { exposed.contains($0.schemaName) }.map(routine),
      roleSettings: roleSettings,
      types: types
    )
  }

  private func relation(_ row: CatalogRows.Relation) -> Relation {
    let numbers = links.primaryKeys[row.id] ?? []
    let own = columns[row.id] ?? []
    return Relation(
      QualifiedName(schema: row.schemaName, name: row.relationName),
      columns: own.map(Column.init),
      primaryKey: numbers.compactMap { number in own.first { $0.number == number }?.columnName },
      verbs: Relation.Verbs(rawValue: row.verbs)
    )
  }

  private func routine(_ row: CatalogRows.Routine) -> Routine {
    let name = QualifiedName(schema: row.schemaName, name: row.routineName)
    var inputs: [(name: String, type: QualifiedName, isVariadic: Bool)] = []
    var outputs: [Column] = []
    for (index, mode) in row.modes.enumerated() {
      let type = QualifiedName(schema: row.typeSchemas[index], name: row.typeNames[index])
      if mode == "i" || mode == "b" || mode == "v" {
        inputs.append((row.parameterNames[index], type, mode == "v"))
      }
      if mode == "o" || mode == "b" || mode == "t" {
        let place = outputs.count + 1
        let name = row.parameterNames[index].isEmpty ? "column\(place)" : row.parameterNames[index]
        outputs.append(Column(name: name, type: type, baseType: type))
      }
    }
    let required = inputs.count - row.defaultCount
    let parameters = inputs.enumerated().map { index, input in
      Routine.Parameter(
        name: input.name,
        type: input.type,
        isRequired: index < required && !input.isVariadic,
        isVariadic: input.isVariadic
      )
    }
    return Routine(
      name: name,
      parameters: parameters,
      result: result(of: row, name, outputs),
      returnsSet: row.returnsSet,
      volatility: Routine.Volatility(rawValue: row.volatility) ?? .volatile,
      settings: OwnSettings(
        timeout: row.milliseconds.map { .milliseconds($0) },
        isolation: Identity.Isolation(setting: row.isolationLevel)
      )
    )
  }

  private func result(
    of row: CatalogRows.Routine,
    _ name: QualifiedName,
    _ outputs: [Column]
  ) -> Routine.Result {
    if !outputs.isEmpty { return .row(Relation(name, columns: outputs)) }
    switch row.resultKind {
    case "c":
      // A table's own row keeps the table's name, and with it what is related to it.
      let own = (columns[row.resultRelationId] ?? []).map(Column.init)
      return .row(Relation(names[row.resultRelationId] ?? name, columns: own))
    case "p" where row.resultName == "void": return .nothing
    case "p" where row.resultName == "record": return .row(Relation(name, columns: []))
    default: return .scalar
    }
  }

  private var roleSettings: [Caller.Role: OwnSettings] {
    var settings: [Caller.Role: OwnSettings] = [:]
    for row in rows.roleSettings {
      guard let role = Caller.Role(rawValue: row.roleName) else { continue }
      var own = settings[role] ?? OwnSettings()
      switch row.settingName {
      case "statement_timeout": own.timeout = row.milliseconds.map { .milliseconds($0) }
      case "default_transaction_isolation":
        own.isolation = Identity.Isolation(setting: row.settingValue)
      default: own.others[row.settingName] = row.settingValue
      }
      settings[role] = own
    }
    return settings
  }

  private var types: [String: QualifiedName] {
    var types: [String: QualifiedName] = [:]
    for row in rows.castTargets {
      let name = QualifiedName(schema: row.typeSchema, name: row.typeName)
      types[name.description] = name
      // What PostgreSQL has itself comes first, as on its own search path.
      if row.typeSchema == "pg_catalog" || types[row.typeName] == nil {
        types[row.typeName] = name
      }
    }
    return types
  }
}

extension Column {
  fileprivate init(_ row: CatalogRows.Column) {
    self.init(
      name: row.columnName,
      type: QualifiedName(schema: row.typeSchema, name: row.typeName),
      baseType: QualifiedName(schema: row.baseSchema, name: row.baseName)
    )
  }
}
