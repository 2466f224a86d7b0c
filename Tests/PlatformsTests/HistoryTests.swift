import Glibc
import Loop
import Postgres
import TestSupport
import Testing

@testable import Platforms

@Suite("Histories of a channel") struct HistoryTests {
  /// As many as SYNC_HISTORIES says, from the seed SYNC_SEED.
  private static let count = number("SYNC_HISTORIES") ?? 60
  private static let seed = number("SYNC_SEED") ?? Int.random(in: 0..<1 << 40)

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }

  @Test("end, whatever happened, with what the platform has and what the owner edited")
  func endEqual() async throws {
    try await SyncStage.with { stage in
      for number in 0..<Self.count {
        var history = History(seed: UInt64(Self.seed + number), number)
        let linked = try await stage.link()
        do {
          try await history.play(linked)
          let stored: [Row] = try await linked.session.all(Self.rows(of: linked.account))
          // Of what is gone the last words are not told any more.
          let rows = stored.map { history.gone.contains($0.id) && $0.isDeleted ? $0.id.gone : $0 }
          let wanted = history.rows
          #expect(rows == wanted, "history \(number) of seed \(Self.seed): \(history.log)")
          guard rows == wanted else { return }
        } catch {
          Issue.record("history \(number) of seed \(Self.seed): \(error), \(history.log)")
          return
        }
      }
    }
  }

  private static func rows(of account: UUID) -> SQL {
    """
    select platform_content_id as id, title, tags, views_count as views,
        deleted_at is not null as is_deleted
    from public.content_item where social_account_id = \(account)
    order by published_at desc
    """
  }

  struct Row: Decodable, Equatable {
    var id: String
    var title: String?
    var tags: [String]
    var views: Int
    var isDeleted: Bool
  }

  /// What the platform has, what was stored of it, and what the owner did: the model.
  private struct History {
    private struct Item {
      var item: ContentItem
      var isThere = true
      var isStored = false
      var ownTitle: String?
      var isDeletedByOwner = false
    }

    private var random: Generator
    private var items: [Item] = []
    private let number: Int
    private(set) var log = ""

    init(seed: UInt64, _ number: Int) {
      random = Generator(seed: seed)
      self.number = number
    }

    var gone: Set<String> { Set(items.filter { !$0.isThere }.map(\.item.id)) }

    /// Of what was ever stored, the newest first; the last sync has seen all of it.
    var rows: [Row] {
      items.reversed().filter(\.isStored).map { item in
        guard item.isThere else { return item.item.id.gone }
        return Row(
          id: item.item.id,
          title: item.ownTitle ?? item.item.title,
          tags: item.item.tags,
          views: item.item.views ?? 0,
          isDeleted: item.isDeletedByOwner
        )
      }
    }

    @Loop
    mutating func play(_ linked: SyncStage.Linked) async throws {
      for _ in 0..<Int.random(in: 0...8, using: &random) { publish() }
      for _ in 0..<Int.random(in: 4...14, using: &random) {
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1: publish()
        case 2: change { $0.item.title = "Title \(Int.random(in: 0..<1000, using: &$1))" }
        case 3:
          change { item, random in
            item.item.views = (item.item.views ?? 0) + Int.random(in: 0..<3, using: &random)
            item.item.tags = ["t\(Int.random(in: 0..<3, using: &random))"]
          }
        case 4: change { item, _ in item.isThere = false }
        case 5: change { item, _ in item.isThere = true }
        case 6: try await edit(linked)
        case 7: try await remove(linked)
        default: try await sync(linked, isFull: Bool.random(using: &random))
        }
      }
      try await sync(linked, isFull: true)
    }

    private mutating func publish() {
      log += "p"
      var item = ContentItem.sample(items.count)
      item.id = "h\(number)-\(items.count)"
      items.append(Item(item: item))
    }

    private mutating func change(_ change: (inout Item, inout Generator) -> Void) {
      guard let index = items.indices.randomElement(using: &random) else { return }
      log += "c\(index)"
      change(&items[index], &random)
    }

    @Loop
    private mutating func edit(_ linked: SyncStage.Linked) async throws {
      guard let index = storedIndex() else { return }
      let title = "Mine \(Int.random(in: 0..<1000, using: &random))"
      log += "e\(index)"
      items[index].ownTitle = title
      let id = items[index].item.id
      try await linked.edit(
        "update public.content_item set title = \(title) where platform_content_id = \(id)"
      )
    }

    @Loop
    private mutating func remove(_ linked: SyncStage.Linked) async throws {
      guard let index = storedIndex() else { return }
      // An owner undeletes what the owner deleted, and nothing else.
      let isUndone = items[index].isDeletedByOwner && Bool.random(using: &random)
      log += isUndone ? "u\(index)" : "d\(index)"
      items[index].isDeletedByOwner = !isUndone
      let id = items[index].item.id
      try await linked.edit(
        """
        update public.content_item
        set deleted_at = case when \(isUndone) then null else now() end
        where platform_content_id = \(id)
        """
      )
    }

    private mutating func storedIndex() -> Int? {
      items.indices.filter { items[$0].isStored }.randomElement(using: &random)
    }

    /// Pages of three, of which some come late or break.
    @Loop
    private mutating func sync(_ linked: SyncStage.Linked, isFull: Bool) async throws {
      log += isFull ? "F" : "S"
      let there = items.indices.reversed().filter { items[$0].isThere }
      let listing = ShelfListing(there.map { .item(items[$0].item) }, pageSize: 3)
      let limit = Int.random(in: 1...6, using: &random)
      if Int.random(in: 0..<5, using: &random) == 0 {
        log += "!"
        listing.brokenPage = Int.random(in: 0..<3, using: &random)
      }
      do {
        try await linked.sync(listing, upTo: isFull ? nil : limit)
      } catch is PlatformFailure {
        listing.brokenPage = nil
        // What was stored before the break stays; the next one completes it.
        try await linked.sync(listing, upTo: isFull ? nil : limit)
      }
      // An incremental sync may stop at a page that is known: what of the others it has seen is not
      // for the model to say, and the last sync of a history sees all.
      for index in isFull ? there : Array(there.prefix(1)) { items[index].isStored = true }
      if !isFull { try await note(linked) }
    }

    @Loop
    private mutating func note(_ linked: SyncStage.Linked) async throws {
      struct Stored: Decodable { var id: String }
      let rows: [Stored] = try await linked.session.all(
        "select platform_content_id as id from public.content_item"
      )
      let ids = Set(rows.map(\.id))
      for index in items.indices where ids.contains(items[index].item.id) {
        items[index].isStored = true
      }
    }
  }

  /// SplitMix64.
  private struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }
}

extension String {
  /// A deleted item of this id, whatever it was.
  fileprivate var gone: HistoryTests.Row {
    HistoryTests.Row(id: self, title: nil, tags: [], views: 0, isDeleted: true)
  }
}
