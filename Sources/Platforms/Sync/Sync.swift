import Core
import HTTP
package import Loop
package import Postgres

/// One sync of one account, from its lease to its report.
@Loop
package struct Sync {
  package let platform: Platform
  /// What is walked; the first one is the account's main list.
  let listings: [any ContentListing]
  let run: SyncRun
  let retry: Retry
  /// Runs a statement in the transaction that spends the sync's unit.
  let settle: @Loop (SQL) async throws -> Rows

  package init(
    _ platform: Platform,
    _ listings: [any ContentListing],
    run: SyncRun,
    retry: Retry = Retry(),
    settle: @escaping @Loop (SQL) async throws -> Rows
  ) {
    self.platform = platform
    self.listings = listings
    self.run = run
    self.retry = retry
    self.settle = settle
  }

  /// Walks, deletes what a whole list does not show any more, and says what came of it.
  ///
  /// What was stored before something failed stays stored: the next sync goes on from there.
  ///
  /// - Parameters:
  ///   - limit: how many of the newest are read; nil for all.
  ///   - listingID: what is kept of the walk for the next one.
  package func perform(
    upTo limit: Int?,
    listingID: @Loop () -> String?
  ) async throws -> SyncOutput {
    var total = Walked()
    do {
      var gone: [UUID] = []
      for (index, listing) in listings.enumerated() {
        let before = total
        let isMain = index == 0
        let limit = isMain ? limit : nil
        // A page that is known says something of those after it when these were read once.
        let stopsEarly = !run.isFull && limit.map { run.covered >= $0 } ?? false
        let walked = try await walk(listing, limit, stopsEarly, isMain: isMain) {
          total = before.adding($0, isMain: isMain)
        }
        guard let walked else { continue }
        if walked.isWhole { gone += try await missing(walked, listing) }
      }
      let finish = run.finish(total, gone: gone, listingID: listingID())
      let rows = try await run.written { try await settle(finish) }
      return try report(rows, total)
    } catch {
      // Also when the caller is gone and the task cancelled with it.
      let isCancelled = Task.isCancelled
      let (walked, verdict) = (total, SyncVerdict(error, isCancelled: isCancelled))
      await Loop.task { await run.fail(walked, verdict) }.value
      throw isCancelled ? Failure(.upstreamTimeout, verdict.message) : error
    }
  }

  /// - Returns: nil for a list beside the main one that the platform does not give.
  private func walk(
    _ listing: any ContentListing,
    _ limit: Int?,
    _ stopsEarly: Bool,
    isMain: Bool,
    _ progress: @Loop (Walked) -> Void
  ) async throws -> Walked? {
    let walk = ContentWalk(platform, listing, retry: retry) { try await run.store($0) }
    do {
      return try await walk.run(upTo: limit, stopsEarly: stopsEarly, progress: progress)
    } catch let failure as PlatformFailure where !isMain && failure.isOfTheList {
      return nil
    }
  }

  /// What is stored and not there any more.
  private func missing(_ walked: Walked, _ listing: any ContentListing) async throws -> [UUID] {
    let unseen = try await run.unseen(walked, listing)
      .filter { !walked.spared.contains($0.platformContentId) }
    guard !unseen.isEmpty else { return [] }
    let existing = try await retry {
      try await listing.existing(of: unseen.map(\.platformContentId))
    }
    return unseen.filter { !existing.contains($0.platformContentId) }.map(\.id)
  }

  private struct Finished: Decodable {
    var deletedItems: Int
    var totalCount: Int
    var nextSyncAt: Timestamp?
    var quotaUsed: Int?
    var quotaLimit: Int?
  }

  private func report(_ rows: Rows, _ walked: Walked) throws -> SyncOutput {
    guard let row = rows.first else { throw Failure(.internal, "the sync has no report") }
    let finished = try row.decode(as: Finished.self)
    return SyncOutput(
      syncedCount: walked.stored,
      newItems: walked.new,
      updatedItems: walked.updated,
      failedCount: walked.failed,
      deletedItems: finished.deletedItems,
      totalCount: finished.totalCount,
      nextSyncAt: finished.nextSyncAt,
      quota: SyncOutput.Quota(used: finished.quotaUsed ?? 0, limit: finished.quotaLimit ?? 0)
    )
  }
}

extension PlatformFailure {
  /// It concerns what was asked for, and not the account or the platform.
  fileprivate var isOfTheList: Bool {
    switch kind {
    case .permanent, .missingScopes: true
    default: false
    }
  }
}
