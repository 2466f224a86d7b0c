import JSON
package import Loop
package import Postgres

/// A sync under way, as the database knows it: a row of `internal.sync_run`, whose lease is
/// prolonged as long as the process lives. Of an account there is one at a time.
@Loop
package final class SyncRun {
  package let id: UUID
  /// The platform's id of the list that the last run walked.
  package let listingID: String?
  /// The whole listing is to be read: that was asked for, or is due.
  package let isFull: Bool
  /// How many of the newest entries the last run knew to be stored without a gap.
  package let covered: Int
  private let database: Session
  private let lease: Duration
  private lazy var heartbeat = LoopTimer { [weak self] in self?.beat() }

  private struct Begun: Decodable {
    var runId: UUID
    var listingId: String?
    var isFull: Bool
    var coveredItems: Int
  }

  private init(_ begun: Begun, _ database: Session, _ lease: Duration) {
    id = begun.runId
    listingID = begun.listingId
    isFull = begun.isFull
    covered = begun.coveredItems
    self.database = database
    self.lease = lease
    heartbeat.schedule(after: lease / 3)
  }

  /// - Parameters:
  ///   - isFull: nil for once a week.
  ///   - reservation: the unit that pays for it; it goes back with the run when the process dies.
  ///   - lease: how long another sync waits after the process has died.
  /// - Throws: `PostgresError` whose SQLSTATE says CONFLICT while another one runs.
  package static func begin(
    _ account: UUID,
    on platform: Platform,
    isFull: Bool?,
    reservation: UUID?,
    lease: Duration,
    in database: Session
  ) async throws -> SyncRun {
    let seconds = Double(lease.components.seconds)
    let sql: SQL = """
      select run_id, listing_id, is_full, covered_items
      from internal.begin_sync(
          \(account), \(platform.rawValue), \(isFull), \(reservation),
          make_interval(secs => \(seconds)))
      """
    // Once begun it has to be ended, also for a caller that leaves meanwhile.
    let begun = await Loop.task { () -> Result<Begun, any Error> in
      do {
        return .success(try await database.one(sql.named("begin_sync")))
      } catch {
        return .failure(error)
      }
    }.value
    return SyncRun(try begun.get(), database, lease)
  }

  /// Stores a page.
  package func store(_ items: [ContentItem]) async throws -> StoredPage {
    var json: [UInt8] = []
    json.reserveCapacity(items.count * 1024)
    try json.append(jsonEncoding: items)
    let sql: SQL = """
      select new_items, updated_items, refused_items, seen
      from internal.store_content(\(id), \(json: json))
      """
    return try await written { try await database.one(sql.named("store_content")) }
  }

  /// What is stored of these kinds and was not seen.
  func unseen(_ walked: Walked, _ listing: any ContentListing) async throws -> [UnseenItem] {
    // A list that ends where the platform stops listing may leave some of it out.
    let isCut = !walked.isWhole || walked.listed >= listing.reach / 10 * 9
    let since = isCut ? walked.oldest : nil
    let kinds = listing.kinds.map(\.rawValue)
    let sql: SQL = """
      select id, platform_content_id, is_within
      from internal.unseen_content(\(id), \(walked.seen), \(kinds), \(since))
      """
    return try await database.all(sql.named("unseen_content"))
  }

  /// Goes into the transaction that spends the run's unit.
  func finish(
    _ walked: Walked,
    _ absence: Absence,
    _ profile: ChannelProfile? = nil,
    listingID: String?
  ) -> SQL {
    end()
    let profile = profile.map { String(decoding: $0.json.bytes, as: UTF8.self) }
    let sql: SQL = """
      select deleted_items, total_count, next_sync_at, quota_used, quota_limit
      from internal.finish_sync(
          \(id), \(absence.isComplete), \(absence.gone), \(listingID), \(covered(walked))::int,
          \(walked.stored)::int, \(walked.new)::int, \(walked.updated)::int,
          \(walked.failed)::int, \(profile)::text::jsonb)
      """
    return sql.named("finish_sync")
  }

  private func covered(_ walked: Walked) -> Int {
    if walked.isWhole { return Int(Int32.max) }
    return walked.stoppedEarly ? covered : walked.listed
  }

  /// What can't be written down now is when the lease has ended.
  func fail(_ walked: Walked, _ verdict: SyncVerdict) async {
    end()
    let sql: SQL = """
      select internal.fail_sync(
          \(id), \(verdict.status), \(verdict.code), \(verdict.message), \(verdict.nextSyncAt),
          \(walked.stored)::int, \(walked.new)::int, \(walked.updated)::int, \(walked.failed)::int,
          \(verdict.isClosed))
      """
    _ = try? await database.run(sql.named("fail_sync"))
  }

  /// Two writers that wait for each other, or an owner who edits all of it meanwhile: once more.
  func written<Value>(_ work: () async throws -> Value) async throws -> Value {
    do {
      return try await work()
    } catch PostgresError.server(let error) where ["40001", "40P01"].contains(error.sqlstate) {
      return try await work()
    }
  }

  private func beat() {
    heartbeat.schedule(after: lease / 3)
    let sql: SQL = "select from internal.hold_sync(\(id))"
    Loop.task { [database] in _ = try? await database.run(sql.named("hold_sync")) }
  }

  private func end() { heartbeat.cancel() }
}

/// A candidate for deletion.
struct UnseenItem: Decodable, Sendable {
  var id: UUID
  var platformContentId: String
  /// It is as new as what was listed.
  var isWithin: Bool
}

/// What is not there any more.
struct Absence: Sendable {
  var gone: [UUID] = []
  /// Of all that is stored it is known whether it is there.
  var isComplete = false
}
