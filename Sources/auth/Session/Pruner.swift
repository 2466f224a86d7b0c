import Loop
import Postgres
import Telemetry

/// Has the database drop sessions that are over, what was mailed or begun and never used, and what
/// the log has kept for long enough. Any number of processes may do it.
@Loop
final class Pruner {
  private static let pause: Duration = .seconds(3600)
  /// Longer than anything that is mailed may count.
  private static let age: SQL = "interval '2 days'"
  /// Entries of the log at a time: what a project brings along may be years of it.
  private static let entries: Int32 = 20_000

  private let session: Session
  private let inactivity: Int?
  private lazy var timer = LoopTimer { [weak self] in self?.prune() }

  /// - Parameter inactivity: seconds after which a session that is not refreshed is over.
  init(_ database: Database, inactivity: Int?) {
    self.inactivity = inactivity
    session = database.session(as: Identity(statementTimeout: .seconds(60)))
    timer.schedule(after: .seconds(60))
  }

  func stop() { timer.cancel() }

  private func prune() {
    timer.schedule(after: Self.pause)
    Loop.task { [session, inactivity, timer] in
      let sql: SQL = """
        select auth.prune(
            \(fragment: Self.age), \(Self.entries), \(fragment: .seconds(inactivity)))
        """
      // What can't be done now is done in an hour.
      guard let count = try? await session.one(sql.named("prune_auth"), as: Int.self) else {
        return
      }
      Log.info("what was over is gone") { $0.add("rows", count) }
      if count >= Self.entries { timer.schedule(after: .seconds(5)) }
    }
  }
}
