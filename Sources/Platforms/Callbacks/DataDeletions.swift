package import Loop
package import Postgres
import Telemetry

/// What platforms asked us to delete.
@Loop
package enum DataDeletions {
  /// Deletes what is left, piece by piece, until the time is over. What fails goes on in the next
  /// run.
  ///
  /// - Returns: how many pieces.
  @discardableResult
  package static func carryOn(_ database: Session, for time: Duration) async -> Int {
    struct Row: Decodable { var isMore: Bool }
    let end = Instant.now + time
    var pieces = 0
    do {
      while Instant.now < end {
        let row: Row = try await database.one(
          "select internal.continue_data_deletion() as is_more"
        )
        guard row.isMore else { break }
        pieces += 1
      }
    } catch {
      Log.warning("a deletion did not go on") { $0.add("error", error: error) }
    }
    return pieces
  }
}
