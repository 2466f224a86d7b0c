import Loop

extension Exchange {
  mutating func read(_ relation: Relation) throws -> Work {
    intake.preferences.keepForReading()
    let query = try Query(parameters)
    let plan = try ReadPlanner.plan(
      query,
      of: relation,
      in: catalog,
      schema: intake.schema,
      rowLimit: shared.rowLimit
    )
    plan.range = plan.range.intersected(with: intake.range)
    let envelope = envelope(media: intake.media)
    var statements = [envelope.read(plan)]
    if intake.preferences.count.isEstimate {
      statements.append(envelope.estimate(plan, from: .relation(relation.name)))
    }
    let shown = shown(plan, query, offset: plan.range.offset, media: intake.media)
    return Work(intake: intake, statements: statements, isReadOnly: true, outcome: .read(shown))
  }

  /// - Parameter plan: nil for a function that returns no row.
  func shown(_ plan: ReadPlan?, _ query: Query, offset: Int, media: MediaType) -> Work.Shown {
    let wanted = query.limits.last { $0.path.isEmpty }?.value ?? intake.range.limit ?? .max
    return Work.Shown(
      media: media,
      offset: offset,
      cuttable: wanted > shared.rowLimit ? plan?.relation.name : nil
    )
  }
}

extension Preferences {
  /// Leaves out what means nothing to a request that writes nothing.
  mutating func keepForReading() {
    returning = nil
    resolution = nil
    missingIsDefault = nil
    ending = nil
    maxAffected = nil
  }
}
