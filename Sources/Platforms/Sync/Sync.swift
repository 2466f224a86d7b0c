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
  /// Which one it is, counted from any.
  let week: Int
  /// Runs a statement in the transaction that spends the sync's unit.
  let settle: @Loop (SQL) async throws -> Rows

  package init(
    _ platform: Platform,
    _ listings: [any ContentListing],
    run: SyncRun,
    retry: Retry = Retry(),
    week: Int = Timestamp.now.unixSeconds / (7 * 86_400),
    settle: @escaping @Loop (SQL) async throws -> Rows
  ) {
    self.platform = platform
    self.listings = listings
    self.run = run
    self.retry = retry
    self.week = week
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
      var absence = Absence()
      var profile: ChannelProfile?
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
        let missing = try await missing(walked, listing)
        absence.gone += missing.gone
        guard isMain else { continue }
        absence.isComplete = missing.isComplete
        // A sync does without it.
        profile = try? await listing.profile()
      }
      let finish = run.finish(total, absence, profile, listingID: listingID())
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

  /// What is stored and not there any more, after a walk to the list's end, or in a run that looks
  /// for it. Where the platform can be asked for items, each is asked for that the walk did not
  /// show; elsewhere a whole list is taken at its word, as far as it goes back.
  private func missing(
    _ walked: Walked,
    _ listing: any ContentListing
  ) async throws -> Absence {
    guard walked.isWhole || run.isFull && listing.checks > 0 else { return Absence() }
    let unseen = try await run.unseen(walked, listing)
      .filter { !walked.spared.contains($0.platformContentId) }
    let within = unseen.filter(\.isWithin)
    guard listing.checks > 0 else { return Absence(gone: within.map(\.id), isComplete: true) }
    let asked = Array((within + (run.isFull ? beyond(unseen, listing) : [])).prefix(listing.checks))
    var absence = Absence(isComplete: asked.count == unseen.count)
    for start in stride(from: 0, to: asked.count, by: listing.pageSize) {
      try Task.checkCancellation()
      let batch = asked[start..<min(start + listing.pageSize, asked.count)]
      do {
        let existing = try await retry {
          try await listing.existing(of: batch.map(\.platformContentId))
        }
        absence.gone += batch.filter { !existing.contains($0.platformContentId) }.map(\.id)
      } catch let failure as PlatformFailure where failure.passes {
        // What was asked for is known; the rest waits for another run.
        absence.isComplete = false
        return absence
      }
    }
    return absence
  }

  /// What is older than the walk went. Each week it begins where the one before it ended, when it
  /// is more than may be asked for.
  private func beyond(_ unseen: [UnseenItem], _ listing: any ContentListing) -> [UnseenItem] {
    let items = unseen.filter { !$0.isWithin }
    let room = max(0, listing.checks - (unseen.count - items.count))
    let start = items.count > room ? week * room % items.count : 0
    return Array(items[start...] + items[..<start])
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
  /// Another time the same may succeed.
  fileprivate var passes: Bool {
    switch kind {
    case .retry, .quota: true
    default: false
    }
  }

  /// It concerns what was asked for, and not the account or the platform.
  fileprivate var isOfTheList: Bool {
    switch kind {
    case .permanent, .missingScopes: true
    default: false
    }
  }
}
