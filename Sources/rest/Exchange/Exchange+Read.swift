import HTTP
import JSON
import Loop
import Postgres
import Telemetry

extension Exchange {
  mutating func read(_ relation: Relation) async throws -> Answer {
    intake.preferences.keepForReading()
    let query = try Query(intake.parameters())
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
    let results = try await run(statements, isReadOnly: true)
    let row = try ResultRow(results[0], isUpsert: false, locates: false)
    noteCut(row, plan, query)
    return try readAnswer(row, results, offset: plan.range.offset, media: intake.media)
  }

  func envelope(media: MediaType) -> Envelope {
    Envelope(
      media: media,
      hasBody: intake.method != .head,
      count: intake.preferences.count,
      countLimit: shared.rowLimit
    )
  }

  /// - Parameter results: the row, and what the planner expects where that was asked for.
  func readAnswer(
    _ row: ResultRow,
    _ results: [Rows],
    offset: Int,
    media: MediaType
  ) throws -> Answer {
    let total = try total(row, results)
    if let total, offset > total { throw Refusal.offset(offset, total: total) }
    if media.isSingle, row.page != 1 { throw Refusal.notSingle(row.page) }
    var answer = Answer(ContentRange.status(count: row.page, total: total))
    answer.media = media
    answer.body = row.body
    let range = ContentRange.text(offset: offset, count: row.page, total: total)
    answer.headers.append(("content-range", range))
    finish(&answer, row)
    return answer
  }

  private func total(_ row: ResultRow, _ results: [Rows]) throws -> Int? {
    guard intake.preferences.count.isEstimate, results.count > 1 else { return row.total }
    let expected = try Self.expected(results[1])
    guard let counted = row.total else { return expected }
    return counted > shared.rowLimit ? max(counted, expected) : counted
  }

  /// The `Plan Rows` that the planner gives the outermost node.
  private static func expected(_ rows: Rows) throws -> Int {
    guard let text = rows.first?.firstBytes?.array, let plan = try? JSON(parsing: text),
      case .array(let list) = plan, case .number(let digits)? = list.first?["Plan"]?["Plan Rows"],
      let count = Int(digits)
    else { throw PostgresError.malformed("a plan is not what it should be") }
    return count
  }

  /// Says once for each relation that answers are cut off: clients can't see it.
  func noteCut(_ row: ResultRow, _ plan: ReadPlan, _ query: Query) {
    let wanted = query.limits.first { $0.path.isEmpty }?.value ?? intake.range.limit ?? .max
    guard row.page == shared.rowLimit, wanted > shared.rowLimit else { return }
    let name = plan.relation.name.description
    CutLog.note(name) {
      Log.warning("an answer was cut at REST_MAX_ROWS") { line in
        line.add("relation", name)
        line.add("request_id", requestID)
      }
    }
  }
}

/// Which relations' answers were cut.
@Loop
private enum CutLog {
  private static let limit = 1000
  private static var noted: Set<String> = []

  static func note(_ name: String, _ log: () -> Void) {
    guard noted.count < limit, noted.insert(name).inserted else { return }
    log()
  }
}

extension Preferences.Count? {
  /// Whether the planner is asked.
  var isEstimate: Bool { self == .planned || self == .estimated }
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
