package import Loop

/// Reads a listing from its newest item on and has it stored page by page: the next page is fetched
/// while one is written, so that two are held at a time, however long the listing is.
@Loop
package struct ContentWalk {
  /// A listing may have some pages more than its items need, and not without end.
  private static let sparePages = 50

  let platform: Platform
  let listing: any ContentListing
  let store: @Loop ([ContentItem]) async throws -> StoredPage
  let retry: Retry

  package init(
    _ platform: Platform,
    _ listing: any ContentListing,
    retry: Retry,
    store: @escaping @Loop ([ContentItem]) async throws -> StoredPage
  ) {
    self.platform = platform
    self.listing = listing
    self.retry = retry
    self.store = store
  }

  /// - Parameters:
  ///   - limit: how many of the newest are read; nil for all of them.
  ///   - stopsEarly: at a page of which each item is known and none has changed.
  ///   - progress: is told after each page.
  package func run(
    upTo limit: Int?,
    stopsEarly: Bool,
    progress: @Loop (Walked) -> Void
  ) async throws -> Walked {
    do {
      return try await pass(upTo: limit, stopsEarly: stopsEarly, progress)
    } catch let failure as PlatformFailure where failure.code == "invalidPageToken" {
      // The listing has changed under the walk: from the top again, once.
      return try await pass(upTo: limit, stopsEarly: stopsEarly, progress)
    }
  }

  private func pass(
    upTo limit: Int?,
    stopsEarly: Bool,
    _ progress: @Loop (Walked) -> Void
  ) async throws -> Walked {
    var walked = Walked()
    var pages = (limit ?? listing.reach) / listing.pageSize + Self.sparePages
    var page = try await fetch(nil, limit)
    var isComplete = true
    while true {
      try Task.checkCancellation()
      pages -= 1
      guard pages > 0 else { throw PlatformFailure(platform, unreadable: "pages without end") }
      if page.anonymous > 0 { isComplete = false }
      let rest = limit.map { $0 - walked.listed - page.count }
      guard let cursor = page.next, rest.map({ $0 > 0 }) ?? true else {
        walked.absorb(page, try await write(page))
        walked.isWhole = isComplete && page.next == nil
        progress(walked)
        return walked
      }
      // A walk that may stop after this page does not pay for the next one yet.
      if stopsEarly {
        let stored = try await write(page)
        walked.absorb(page, stored)
        walked.stoppedEarly = stored.isUnchanged && !page.items.isEmpty
        progress(walked)
        if walked.stoppedEarly { return walked }
        page = try await fetch(cursor, rest)
      } else {
        async let upcoming = fetch(cursor, rest)
        walked.absorb(page, try await write(page))
        progress(walked)
        page = try await upcoming
      }
      guard page.next != cursor else {
        throw PlatformFailure(platform, unreadable: "a page that is its own next one")
      }
    }
  }

  private func fetch(_ cursor: String?, _ rest: Int?) async throws -> ContentPage {
    let limit = min(listing.pageSize, rest ?? .max)
    return try await retry { try await listing.page(after: cursor, limit: limit) }
  }

  private func write(_ page: ContentPage) async throws -> StoredPage {
    guard !page.items.isEmpty else {
      return StoredPage(newItems: 0, updatedItems: 0, refusedItems: 0, seen: [])
    }
    return try await store(page.items)
  }
}
