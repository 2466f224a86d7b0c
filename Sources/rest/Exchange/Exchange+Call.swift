import HTTP
import Loop

extension Exchange {
  mutating func call(_ name: QualifiedName) async throws -> Work {
    let method = intake.method
    guard intake.isRead || method == .post else { throw Refusal.rpcMethod(method.rawValue) }
    let (call, query) = intake.isRead ? try fromParameters(name) : try await fromBody(name)
    let routine = call.routine
    let isReadOnly = intake.isRead || routine.volatility != .volatile
    let media = media(of: routine)
    let plan = try plan(query, routine)
    try keepPreferences(routine)
    let range = range(query)
    plan?.range = range
    if plan == nil, !routine.returnsSet { intake.preferences.count = nil }
    var envelope = envelope(media: media)
    envelope.checksSingle = !isReadOnly && intake.media.isSingle && plan != nil
    var statements = [
      envelope.call(
        call,
        plan,
        range: range,
        affectedLimit: intake.preferences.affectedLimit
      )
    ]
    if let plan, intake.preferences.count.isEstimate {
      statements.append(envelope.estimate(plan, from: .call(call)))
    }
    let answered = plan == nil && media.isSingle ? .array(isStripped: false) : intake.media
    var outcome = Work.Outcome.read(shown(plan, query, offset: range.offset, media: answered))
    if case .nothing = routine.result { outcome = .nothing }
    return Work(
      intake: intake,
      statements: statements,
      isReadOnly: isReadOnly,
      outcome: outcome,
      settings: routine.settings
    )
  }

  // MARK: - Arguments

  private func fromParameters(_ name: QualifiedName) throws -> (PlannedCall, Query) {
    let known = names(of: name)
    let query = try Query(parameters) { pair in
      known.contains(pair.name) || !Filter.looksLikeFilter(pair.value)
    }
    let given = query.arguments.map(\.name)
    let routine = try CallPlanner.routine(name, given, .parameters, in: catalog)
    return (CallPlanner.call(routine, query.arguments), query)
  }

  private func fromBody(_ name: QualifiedName) async throws -> (PlannedCall, Query) {
    let query = try Query(parameters)
    let bytes = try await body()
    switch contentType {
    case "application/json":
      return (try json(name, bytes, query.columns), query)
    case "application/x-www-form-urlencoded":
      let pairs = try QueryParameters(bytes).pairs
      let routine = try CallPlanner.routine(name, pairs.map(\.name), .parameters, in: catalog)
      return (CallPlanner.call(routine, pairs), query)
    case "text/plain": return (try whole(name, bytes, .text), query)
    case "application/octet-stream": return (try whole(name, bytes, .bytes), query)
    case "text/xml", "application/xml": return (try whole(name, bytes, .xml), query)
    case let type: throw Refusal.body("Content-Type not acceptable: \(type)")
    }
  }

  /// - Parameter columns: the members that count, where the query names them.
  private func json(
    _ name: QualifiedName,
    _ bytes: [UInt8],
    _ columns: [String]?
  ) throws -> PlannedCall {
    // No body at all is a call without arguments.
    let payload = try Payload(json: bytes.isEmpty ? Array("{}".utf8) : bytes)
    let names = payload.shape == .object ? columns ?? payload.groups.first?.columns ?? [] : []
    let isNamed = payload.shape == .object
    let routine: Routine
    if isNamed {
      routine = try CallPlanner.routine(name, names, .json, in: catalog)
    } else {
      routine = try CallPlanner.whole(name, .json, in: catalog)
    }
    let takesWhole = routine.unnamedParameter != nil
    return takesWhole
      ? PlannedCall(routine: routine, arguments: .whole(payload.wholeText))
      : CallPlanner.call(routine, names, payload.wholeText)
  }

  private func whole(
    _ name: QualifiedName,
    _ bytes: [UInt8],
    _ form: CallPlanner.Form
  ) throws -> PlannedCall {
    if form != .bytes {
      guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
        throw Refusal.body("The body is not UTF-8, or holds a NUL")
      }
    }
    let routine = try CallPlanner.whole(name, form, in: catalog)
    return PlannedCall(routine: routine, arguments: .whole(BodyText(bytes: bytes, form: .whole)))
  }

  /// The names of the parameters of all functions of that name.
  private func names(of name: QualifiedName) -> Set<String> {
    Set(catalog.routines(name).flatMap { $0.parameters.map(\.name) })
  }

  // MARK: - Results

  /// One row that is no set is an object by itself.
  private func media(of routine: Routine) -> MediaType {
    guard case .row = routine.result, !routine.returnsSet,
      case .array(let isStripped) = intake.media
    else { return intake.media }
    return .object(isStripped: isStripped)
  }

  /// Nil for a function that returns no row.
  private func plan(_ query: Query, _ routine: Routine) throws(Refusal) -> ReadPlan? {
    guard case .row(let relation) = routine.result else {
      if let placed = query.conditions.first {
        throw .undefinedColumn(placed.name, of: routine.name.name)
      }
      return nil
    }
    return try ReadPlanner.plan(
      query,
      of: relation,
      in: catalog,
      schema: intake.schema,
      rowLimit: shared.rowLimit
    )
  }

  private func range(_ query: Query) -> RowRange {
    let asked = RowRange(
      offset: query.offsets.last { $0.path.isEmpty }?.value ?? 0,
      limit: query.limits.last { $0.path.isEmpty }?.value
    )
    return asked.intersected(with: intake.range)
      .intersected(with: RowRange(offset: 0, limit: nil)).cut(to: shared.rowLimit)
  }

  private mutating func keepPreferences(_ routine: Routine) throws(Refusal) {
    let limit = intake.preferences.maxAffected
    if intake.preferences.affectedLimit != nil, !routine.returnsSet { throw .maxAffectedOfSingle }
    intake.preferences.keepForReading()
    if intake.preferences.handling == .strict { intake.preferences.maxAffected = limit }
  }
}

extension RowRange {
  fileprivate func cut(to most: Int) -> RowRange {
    RowRange(offset: offset, limit: min(limit ?? most, most))
  }
}

extension Query.Placed<Condition> {
  /// The first field that is asked about.
  fileprivate var name: String {
    var next: Condition? = value
    while let condition = next {
      switch condition {
      case .filter(let filter): return filter.field.name
      case .all(let inner, _), .any(let inner, _): next = inner.first
      }
    }
    return ""
  }
}
