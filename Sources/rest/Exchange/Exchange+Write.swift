import HTTP
import Loop

extension Exchange {
  mutating func write(_ relation: Relation) async throws -> Work {
    let method = intake.method
    let query = try Query(parameters)
    let write = try await plan(query, relation)
    keepPreferences(write)
    let locates =
      method == .post && intake.preferences.returning == .headersOnly
      && !relation.primaryKey.isEmpty
    var envelope = envelope(media: intake.media)
    envelope.hasBody = write.representation != nil
    envelope.count = nil
    envelope.checksSingle = intake.media.isSingle
    let statement = envelope.write(
      write,
      affectedLimit: method == .patch || method == .delete
        ? intake.preferences.affectedLimit : nil,
      locates: locates
    )
    let written = Work.Written(
      relation: relation,
      hasBody: write.representation != nil,
      resolution: write.resolution,
      countsInserted: write.countsInserted,
      locates: locates
    )
    return Work(
      intake: intake,
      statements: [statement],
      isReadOnly: false,
      outcome: .written(written)
    )
  }

  private mutating func keepPreferences(_ write: WritePlan) {
    let method = intake.method
    if case .insert(_, .some) = write.change, method == .post {
    } else {
      intake.preferences.resolution = nil
    }
    if method == .delete || method == .put { intake.preferences.missingIsDefault = nil }
    if method == .post || method == .put || intake.preferences.handling != .strict {
      intake.preferences.maxAffected = nil
    }
  }

  // MARK: - Plans

  private func plan(_ query: Query, _ relation: Relation) async throws -> WritePlan {
    let representation =
      intake.preferences.returning == .representation
      ? try ReadPlanner.plan(
        query,
        of: relation,
        in: catalog,
        schema: intake.schema,
        rowLimit: nil,
        readsConditions: false
      ) : nil
    let conditions =
      intake.method == .post
      ? []
      : try ReadPlanner.conditions(query, of: relation, in: catalog, schema: intake.schema)
    func plan(_ change: WritePlan.Change) -> WritePlan {
      WritePlan(
        relation: relation,
        change: change,
        conditions: conditions,
        representation: representation
      )
    }
    switch intake.method {
    case .delete:
      try checkFilters(conditions, "DELETE")
      return plan(.delete)
    case .patch:
      let change = try await update(query, relation)
      if case .update = change { try checkFilters(conditions, "UPDATE") }
      return plan(change)
    case .put:
      try checkPut(query, conditions, relation)
      var put = plan(try await insert(query, relation))
      put.isPut = true
      return put
    default: return plan(try await insert(query, relation))
    }
  }

  private func insert(_ query: Query, _ relation: Relation) async throws -> WritePlan.Change {
    let payload = try await payload()
    guard payload.shape != .other else { throw Refusal.body("Empty or invalid json") }
    let conflict = try conflict(query, relation)
    let given = try query.columns.map { try columns($0, relation) }
    var groups: [WritePlan.Rows] = []
    if intake.preferences.missingIsDefault == true {
      guard payload.groups.count <= 64 else { throw Refusal.body("Too many kinds of objects") }
      for group in payload.groups {
        let own =
          try given?.filter { group.columns.contains($0.name) }
          ?? columns(group.columns, relation)
        groups.append(
          WritePlan.Rows(columns: own, json: BodyText(bytes: payload.text(of: group), form: .parts))
        )
      }
    } else if payload.count > 0 {
      let own = try given ?? columns(payload.columns, relation)
      groups = [WritePlan.Rows(columns: own, json: payload.arrayText)]
    }
    return groups.isEmpty ? .nothing : .insert(groups, conflict)
  }

  private func update(_ query: Query, _ relation: Relation) async throws -> WritePlan.Change {
    let payload = try await payload()
    guard payload.shape != .other else { throw Refusal.body("Empty or invalid json") }
    guard let group = payload.groups.first else { return .nothing }
    let present = group.columns
    var own = try query.columns.map { try columns($0, relation) } ?? columns(present, relation)
    var defaults: [Column] = []
    if intake.preferences.missingIsDefault == true {
      defaults = own.filter { !present.contains($0.name) }
      own.removeAll { !present.contains($0.name) }
    }
    guard !own.isEmpty || !defaults.isEmpty else { return .nothing }
    return .update(WritePlan.Rows(columns: own, json: payload.arrayText), defaults: defaults)
  }

  private func conflict(_ query: Query, _ relation: Relation) throws -> WritePlan.Conflict? {
    let resolution = intake.method == .put ? .merge : intake.preferences.resolution
    guard let resolution else { return nil }
    let given = intake.method == .put ? nil : query.conflictColumns
    for name in given ?? [] where relation.column(name) == nil {
      throw Refusal.undefinedColumn(name, of: relation.name.name)
    }
    let columns = given ?? relation.primaryKey
    return columns.isEmpty ? nil : WritePlan.Conflict(columns: columns, resolution: resolution)
  }

  /// A write that touches every row is a mistake more often than not.
  private func checkFilters(
    _ conditions: [PlannedCondition],
    _ verb: String
  ) throws(Refusal) {
    guard conditions.isEmpty, shared.isSafeUpdating else { return }
    throw .unfiltered(verb)
  }

  /// The address of a PUT is the primary key and nothing else.
  private func checkPut(
    _ query: Query,
    _ conditions: [PlannedCondition],
    _ relation: Relation
  ) throws(Refusal) {
    guard query.limits.isEmpty, query.offsets.isEmpty else { throw .putRange }
    var names: [String] = []
    for condition in conditions {
      guard case .filter(let field, isNegated: false, .compare(.eq, _), _) = condition,
        field.path.isEmpty
      else { throw .putFilters }
      names.append(field.column.name)
    }
    guard !names.isEmpty, names.sorted() == relation.primaryKey.sorted() else { throw .putFilters }
  }

  private func columns(_ names: [String], _ relation: Relation) throws(Refusal) -> [Column] {
    var columns: [Column] = []
    for name in names where !columns.contains(where: { $0.name == name }) {
      guard let column = relation.column(name) else {
        throw .noColumn(name, of: relation.name.name)
      }
      columns.append(column)
    }
    return columns
  }
}
