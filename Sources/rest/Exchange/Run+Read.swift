import JSON
import Loop
import Postgres
import Telemetry

extension Run {
  /// - Parameter results: the row's, and what the planner expects where that was asked for.
  func answer(_ row: ResultRow, _ results: [Rows], _ shown: Work.Shown) throws -> Answer {
    noteCut(row, shown)
    let total = try total(row, results)
    if let total, shown.offset > total { throw Refusal.offset(shown.offset, total: total) }
    if shown.media.isSingle, row.page != 1 { throw Refusal.notSingle(row.page) }
    var answer = Answer(ContentRange.status(count: row.page, total: total))
    answer.media = shown.media
    answer.body = row.body
    let range = ContentRange.text(offset: shown.offset, count: row.page, total: total)
    answer.headers.append(("content-range", range))
    return answer
  }

  private func total(_ row: ResultRow, _ results: [Rows]) throws -> Int? {
    guard work.intake.preferences.count.isEstimate, results.count > 1 else { return row.total }
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
  private func noteCut(_ row: ResultRow, _ shown: Work.Shown) {
    guard row.page == shared.rowLimit, let name = shown.cuttable?.description else { return }
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
