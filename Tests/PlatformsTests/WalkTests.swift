import Loop
import Postgres
import TestSupport
import Testing

@testable import Platforms

@Suite("A walk over a listing") struct WalkTests {
  /// Stores pages in memory; known items are unchanged.
  @Loop
  private final class Shelf {
    var pages: [[String]] = []
    var known: Set<String> = []

    func store(_ items: [ContentItem]) -> StoredPage {
      let new = items.filter { known.insert($0.id).inserted }
      pages.append(items.map(\.id))
      let seen = items.map { UUID(high: 0, low: UInt64($0.id.dropFirst()) ?? 0) }
      return StoredPage(newItems: new.count, updatedItems: 0, refusedItems: 0, seen: seen)
    }
  }

  private func entries(_ count: Int) -> [ContentEntry] {
    (0..<count).reversed().map { .item(.sample($0)) }
  }

  @Loop
  private func walk(
    _ listing: ShelfListing,
    _ shelf: Shelf,
    upTo limit: Int?,
    stopsEarly: Bool
  ) async throws -> Walked {
    let walk = ContentWalk(.youtube, listing, retry: Retry { _ in }) { shelf.store($0) }
    return try await walk.run(upTo: limit, stopsEarly: stopsEarly) { _ in }
  }

  @Test("reads a listing to its end, a page at a time")
  func readsAll() async throws {
    try await onLoop { () async throws in
      let (listing, shelf) = (ShelfListing(entries(120)), Shelf())
      let walked = try await walk(listing, shelf, upTo: nil, stopsEarly: false)
      #expect(walked.isWhole)
      #expect(walked.stored == 120)
      #expect(walked.new == 120)
      #expect(shelf.pages.map(\.count) == [50, 50, 20])
    }
  }

  @Test(
    "reads no more than it was asked for, and then has not seen the whole",
    arguments: [(1, [1]), (50, [50]), (60, [50, 10]), (119, [50, 50, 19])]
  )
  func keepsLimit(limit: Int, pages: [Int]) async throws {
    try await onLoop { () async throws in
      let (listing, shelf) = (ShelfListing(entries(120)), Shelf())
      let walked = try await walk(listing, shelf, upTo: limit, stopsEarly: true)
      #expect(!walked.isWhole)
      #expect(walked.stored == limit)
      #expect(shelf.pages.map(\.count) == pages)
      #expect(listing.asked.map(\.limit) == pages)
    }
  }

  @Test("has seen the whole of a listing that is not longer than the limit")
  func smallIsWhole() async throws {
    try await onLoop { () async throws in
      let (listing, shelf) = (ShelfListing(entries(50)), Shelf())
      #expect(try await walk(listing, shelf, upTo: 50, stopsEarly: true).isWhole)
      #expect(try await walk(listing, shelf, upTo: 50, stopsEarly: true).isWhole)
    }
  }

  @Test("stops at a page that is known, without asking for the one after it")
  func stopsEarly() async throws {
    try await onLoop { () async throws in
      let (listing, shelf) = (ShelfListing(entries(300)), Shelf())
      shelf.known = Set((0..<240).map { "v\($0)" })
      let walked = try await walk(listing, shelf, upTo: 500, stopsEarly: true)
      #expect(shelf.pages.count == 3)
      #expect(listing.asked.count == 3)
      #expect(walked.new == 60)
      #expect(!walked.isWhole)
    }
  }

  @Test("fetches the next page while one is written")
  func fetchesAhead() async throws {
    try await onLoop { () async throws in
      let listing = ShelfListing(entries(100))
      let shelf = Shelf()
      var askedDuringWrites: [Int] = []
      let walk = ContentWalk(.youtube, listing, retry: Retry { _ in }) { items in
        try await Loop.sleep(for: .milliseconds(20))
        askedDuringWrites.append(listing.asked.count)
        return shelf.store(items)
      }
      _ = try await walk.run(upTo: nil, stopsEarly: false) { _ in }
      #expect(askedDuringWrites == [2, 2])
    }
  }

  @Test("does not take an entry that can't be read for one that is gone")
  func sparesUnreadable() async throws {
    try await onLoop { () async throws in
      var list = entries(3)
      list.append(.unreadable(id: "v9"))
      list.append(.waiting(id: "v8"))
      let walked = try await walk(ShelfListing(list), Shelf(), upTo: nil, stopsEarly: false)
      #expect(walked.isWhole)
      #expect(walked.failed == 1)
      #expect(walked.spared == ["v8", "v9"])

      list.append(.unreadable(id: nil))
      let unclear = try await walk(ShelfListing(list), Shelf(), upTo: nil, stopsEarly: false)
      #expect(!unclear.isWhole)
      #expect(unclear.failed == 2)
    }
  }

  @Test("takes an item that a page lists twice once")
  func takesOnce() async throws {
    try await onLoop { () async throws in
      let list = entries(5) + entries(5)
      let shelf = Shelf()
      let walked = try await walk(ShelfListing(list), shelf, upTo: nil, stopsEarly: false)
      #expect(shelf.pages == [["v4", "v3", "v2", "v1", "v0"]])
      #expect(walked.new == 5)
    }
  }

  /// Pages that lead nowhere.
  @Loop
  private final class Maze: ContentListing {
    nonisolated let pageSize = 50
    nonisolated let reach = 1000
    nonisolated let kinds: [ContentItem.Kind] = [.longVideo]
    private let next: @Loop (Int) -> String
    private(set) var count = 0

    init(next: @escaping @Loop (Int) -> String) { self.next = next }

    func page(after cursor: String?, limit: Int) async throws -> ContentPage {
      count += 1
      return ContentPage(next: next(count))
    }
  }

  @Test("gives up on pages without end")
  func endsEndless() async throws {
    try await onLoop { () async throws in
      for (maze, most) in [(Maze { "\($0)" }, 80), (Maze { _ in "same" }, 3)] {
        let walk = ContentWalk(.youtube, maze, retry: Retry { _ in }) { _ in
          StoredPage(newItems: 0, updatedItems: 0, refusedItems: 0, seen: [])
        }
        let failure = await #expect(throws: PlatformFailure.self) {
          _ = try await walk.run(upTo: nil, stopsEarly: false) { _ in }
        }
        #expect(failure?.code == "unreadable")
        #expect(maze.count <= most)
      }
    }
  }

  @Test("begins anew, once, when the platform has forgotten a page")
  func beginsAnew() async throws {
    try await onLoop { () async throws in
      let forgotten = PlatformFailure(.youtube, .permanent, code: "invalidPageToken", "gone")
      let (listing, shelf) = (ShelfListing(entries(120)), Shelf())
      listing.failures = [forgotten]
      let walked = try await walk(listing, shelf, upTo: nil, stopsEarly: false)
      #expect(walked.stored == 120)
      listing.failures = [forgotten, forgotten]
      let failure = await #expect(throws: PlatformFailure.self) {
        _ = try await walk(listing, shelf, upTo: nil, stopsEarly: false)
      }
      #expect(failure?.code == "invalidPageToken")
    }
  }

  @Test(
    "waits for a platform that has a problem, as long as it asks and no longer than ten seconds"
  )
  func waits() async throws {
    try await onLoop { () async throws in
      func busy(_ seconds: Int?) -> PlatformFailure {
        PlatformFailure(.youtube, .retry(after: seconds.map { .seconds($0) }), code: "busy", "busy")
      }
      var waits: [Duration] = []
      let listing = ShelfListing(entries(10))
      let shelf = Shelf()
      let retry = Retry { waits.append($0) }
      let walk = ContentWalk(.youtube, listing, retry: retry) { shelf.store($0) }

      listing.failures = [busy(nil), busy(3)]
      #expect(try await walk.run(upTo: nil, stopsEarly: false) { _ in }.stored == 10)
      #expect(waits == [.milliseconds(500), .seconds(3)])

      waits = []
      listing.failures = [busy(60)]
      await #expect(throws: PlatformFailure.self) {
        _ = try await walk.run(upTo: nil, stopsEarly: false) { _ in }
      }
      #expect(waits.isEmpty)

      listing.failures = [busy(nil), busy(nil), busy(nil), busy(nil)]
      await #expect(throws: PlatformFailure.self) {
        _ = try await walk.run(upTo: nil, stopsEarly: false) { _ in }
      }
      #expect(listing.failures.count == 1)
    }
  }

  @Test("needs as much memory for twenty thousand items as for a few")
  func staysFlat() async throws {
    try await onLoop { () async throws in
      let listing = Endless(count: 20_000)
      var most = 0
      var least = Int.max
      var stored = 0
      let walk = ContentWalk(.youtube, listing, retry: Retry { _ in }) { items in
        stored += items.count
        if stored > 2000 {
          let now = residentMemory()
          most = max(most, now)
          least = min(least, now)
        }
        let seen = items.map { _ in UUID(high: UInt64(stored), low: 1) }
        return StoredPage(newItems: items.count, updatedItems: 0, refusedItems: 0, seen: seen)
      }
      let walked = try await walk.run(upTo: nil, stopsEarly: false) { _ in }
      #expect(walked.stored == 20_000)
      // All of it would be 80 MB; other tests run beside this one.
      #expect(most - least < 30 << 20, "\((most - least) >> 10) kB more")
    }
  }

  /// Items of 4 kB each, made when they are asked for.
  @Loop
  private final class Endless: ContentListing {
    nonisolated let pageSize = 50
    nonisolated let reach = 20_000
    nonisolated let kinds: [ContentItem.Kind] = [.longVideo]
    private let count: Int

    init(count: Int) { self.count = count }

    func page(after cursor: String?, limit: Int) async throws -> ContentPage {
      let start = cursor.flatMap { Int($0) } ?? 0
      var page = ContentPage(next: start + limit < count ? String(start + limit) : nil)
      for number in start..<min(start + limit, count) {
        var item = ContentItem.sample(number)
        item.description = String(repeating: "\(number) ", count: 800)
        page.append(.item(item))
      }
      return page
    }
  }
}
