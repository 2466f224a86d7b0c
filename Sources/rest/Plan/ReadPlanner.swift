/// Looks up the names of a query and makes a plan of it.
struct ReadPlanner {
  /// PostgreSQL cuts longer names off.
  private static let nameLimit = 63
  /// How many relations a request may read.
  private static let relationLimit = 64

  private let catalog: Catalog
  private let schema: String
  private var count = 0

  init(_ catalog: Catalog, schema: String) {
    self.catalog = catalog
    self.schema = schema
  }

  /// - Parameters:
  ///   - rowLimit: the most rows that are read of the relation, and of each that is embedded to-many.
  ///   - readsConditions: false when what is said of the rows themselves chooses what is written.
  static func plan(
    _ query: Query,
    of relation: Relation,
    in catalog: Catalog,
    schema: String,
    rowLimit: Int?,
    readsConditions: Bool = true
  ) throws(Refusal) -> ReadPlan {
    var planner = ReadPlanner(catalog, schema: schema)
    let plan = try planner.plan(query.select, of: relation, isSpread: false)
    for placed in query.limits { try Self.place(placed.path, in: plan).range.limit = placed.value }
    for placed in query.offsets {
      try Self.place(placed.path, in: plan).range.offset = placed.value
    }
    for placed in query.conditions where readsConditions || !placed.path.isEmpty {
      let place = try Self.place(placed.path, in: plan)
      place.conditions.append(try planner.condition(placed.value, of: place))
    }
    for placed in query.orders {
      let place = try Self.place(placed.path, in: plan)
      for term in placed.value { place.order.append(try planner.order(term, of: place)) }
    }
    if let rowLimit { cut(plan, to: rowLimit) }
    return plan
  }

  /// The conditions on the rows that a write shall choose.
  static func conditions(
    _ query: Query,
    of relation: Relation,
    in catalog: Catalog,
    schema: String
  ) throws(Refusal) -> [PlannedCondition] {
    let planner = ReadPlanner(catalog, schema: schema)
    let plan = ReadPlan(relation, number: 0)
    var conditions: [PlannedCondition] = []
    for placed in query.conditions where placed.path.isEmpty {
      conditions.append(try planner.condition(placed.value, of: plan))
    }
    return conditions
  }

  // MARK: - What is selected

  private mutating func plan(
    _ items: [SelectItem],
    of relation: Relation,
    isSpread: Bool
  ) throws(Refusal) -> ReadPlan {
    guard count < Self.relationLimit else {
      throw .notImplemented("More than \(Self.relationLimit) relations in one request")
    }
    let plan = ReadPlan(relation, number: count)
    count += 1
    for item in items {
      switch item {
      case .all where isSpread || relation.columns.isEmpty:
        for column in relation.columns {
          let field = PlannedField(column: column, path: [])
          plan.outputs.append(.column(field, cast: nil, key: column.name))
        }
        if relation.columns.isEmpty { plan.outputs.append(.all) }
      case .all:
        plan.outputs.append(.all)
      case .field(let field, let alias, let cast):
        var type: QualifiedName?
        if let cast { type = try catalog.type(cast, in: schema) }
        let planned = try self.field(field, of: relation)
        let key = try Self.key(alias ?? field.defaultAlias)
        plan.outputs.append(.column(planned, cast: type, key: key))
      case .relation(let embedding):
        try embed(embedding, in: plan)
      }
    }
    return plan
  }

  private mutating func embed(_ embedding: Embedding, in plan: ReadPlan) throws(Refusal) {
    let relationship = try RelationshipFinder.find(
      embedding,
      from: plan.relation.name,
      in: catalog,
      schema: schema
    )
    let target = try catalog.relation(relationship.target)
    let child = ReadPlan.Child(
      plan: try self.plan(embedding.items, of: target, isSpread: embedding.isSpread),
      relationship: relationship,
      key: try Self.key(embedding.alias ?? embedding.name),
      isInner: embedding.isInner,
      isSpread: embedding.isSpread
    )
    let place = plan.children.count
    plan.children.append(child)
    if embedding.isSpread {
      for (index, key) in child.plan.keys.enumerated() {
        plan.outputs.append(.spread(place, output: index, key: key))
      }
    } else if !child.plan.isEmpty {
      plan.outputs.append(.embedded(place))
    }
  }

  private static func key(_ name: String) throws(Refusal) -> String {
    guard name.utf8.count <= nameLimit, !name.isEmpty else {
      throw .parse("select parameter", name, column: 1, "an alias has 1 to \(nameLimit) bytes")
    }
    return name
  }

  private func field(_ field: Field, of relation: Relation) throws(Refusal) -> PlannedField {
    guard let column = relation.column(field.name) else {
      throw .undefinedColumn(field.name, of: relation.name.name)
    }
    return PlannedField(column: column, path: field.path)
  }

  // MARK: - Which rows, and in which order

  /// Where what is said under these names belongs.
  private static func place(_ path: [String], in plan: ReadPlan) throws(Refusal) -> ReadPlan {
    var place = plan
    for name in path {
      guard let child = place.children.first(where: { $0.key == name }) else {
        throw .notEmbedded(name)
      }
      place = child.plan
    }
    return place
  }

  private func condition(
    _ condition: Condition,
    of plan: ReadPlan
  ) throws(Refusal) -> PlannedCondition {
    switch condition {
    case .all(let conditions, let isNegated):
      return .all(try self.conditions(conditions, of: plan), isNegated: isNegated)
    case .any(let conditions, let isNegated):
      return .any(try self.conditions(conditions, of: plan), isNegated: isNegated)
    case .filter(let filter):
      if let planned = try embeddingCondition(filter, of: plan) { return planned }
      let field = try field(filter.field, of: plan.relation)
      return .filter(
        field,
        isNegated: filter.isNegated,
        filter.operation,
        parameter: filter.parameter
      )
    }
  }

  private func conditions(
    _ conditions: [Condition],
    of plan: ReadPlan
  ) throws(Refusal) -> [PlannedCondition] {
    var planned: [PlannedCondition] = []
    for condition in conditions { planned.append(try self.condition(condition, of: plan)) }
    return planned
  }

  /// `clients=is.null`: rows without related ones; nil for what is no name of an embedded relation.
  private func embeddingCondition(
    _ filter: Filter,
    of plan: ReadPlan
  ) throws(Refusal) -> PlannedCondition? {
    guard filter.field.path.isEmpty,
      let place = plan.children.firstIndex(where: { $0.key == filter.field.name })
    else { return nil }
    switch filter.operation {
    case .isKnown(.null):
      plan.children[place].isAskedFor = true
      return .embedding(place, exists: filter.isNegated)
    case .isKnown(.notNull):
      plan.children[place].isAskedFor = true
      return .embedding(place, exists: !filter.isNegated)
    default:
      guard plan.relation.column(filter.field.name) == nil else { return nil }
      throw .embedFilter(filter.field.name)
    }
  }

  private func order(_ term: OrderTerm, of plan: ReadPlan) throws(Refusal) -> PlannedOrder {
    let direction = PlannedOrder.Direction(
      isDescending: term.isDescending,
      nullsFirst: term.nullsFirst
    )
    guard let name = term.relation else {
      return .own(try field(term.field, of: plan.relation), direction)
    }
    guard let place = plan.children.firstIndex(where: { $0.key == name }) else {
      throw .notEmbedded(name)
    }
    let child = plan.children[place]
    guard child.isToOne else { throw .relatedOrder(plan.relation.name.name, name) }
    plan.children[place].orderFields.append(try field(term.field, of: child.plan.relation))
    return .related(place, place: child.orderFields.count, direction)
  }

  private static func cut(_ plan: ReadPlan, to limit: Int) {
    plan.range.limit = min(plan.range.limit ?? limit, limit)
    for child in plan.children {
      let own = child.plan.range
      cut(child.plan, to: limit)
      if child.isToOne { child.plan.range = own }
    }
  }
}
