import Loop

/// A creator on one platform and what they have published. An item is made from the seed when it is
/// asked for; only what was edited is kept.
@Loop
final class Creator {
  /// When the newest seeded item was published: 2026-10-31T18:00:00Z.
  private nonisolated static let newest = 1_793_469_600
  private nonisolated static let span = 10 * 365 * 86_400

  let number: Int
  let ids: CreatorIDs
  var profile: CreatorProfile
  private var edits: [Int: ItemEdit] = [:]
  /// Those that are there, the oldest first.
  private lazy var order: [Int32] = (0..<Int32(profile.size)).map { $0 }
  /// How many there have ever been.
  private(set) var made: Int

  /// - Parameter number: among all creators of its platform.
  init(_ profile: CreatorProfile, number: Int) {
    self.profile = profile
    self.number = number
    ids = CreatorIDs(profile, number: number)
    made = profile.size
  }

  var count: Int { order.count }

  /// When the account was opened.
  var born: Int { Self.newest - Self.span - 86_400 }

  /// Of all items together, as the platform counts them.
  var viewCount: Int { profile.followers * 37 + made }

  /// The item of that index, deleted or not; nil when there has never been one.
  func item(_ index: Int) -> CatalogueItem? {
    guard (0..<made).contains(index) else { return nil }
    var random = SeededRandom(seed: profile.seed, index: index)
    var item = profile.shape.item(index, &random, profile)
    item.publishedAt = seededTime(index, random.number(in: 0...(interval / 2)))
    edits[index]?.apply(to: &item)
    return item
  }

  /// The indices of those that are gone.
  var deleted: [Int] { edits.filter { $0.value.isDeleted ?? false }.keys.sorted() }

  func isDeleted(_ index: Int) -> Bool { edits[index]?.isDeleted ?? false }

  /// The `position`-th newest.
  func newest(_ position: Int) -> CatalogueItem? {
    guard (0..<order.count).contains(position) else { return nil }
    return item(Int(order[order.count - 1 - position]))
  }

  /// Where among the newest the first stands that is older than an item of this time and index, or
  /// than this time.
  func position(olderThan time: Int, index: Int = -1) -> Int {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      let found = Int(order[middle])
      if (self.time(found), found) < (time, index) { low = middle + 1 } else { high = middle }
    }
    return order.count - low
  }

  /// Publishes one more.
  ///
  /// - Returns: its index.
  func publish(_ edit: ItemEdit, at time: Int) -> Int {
    let index = made
    made += 1
    edits[index] = edit.over(ItemEdit(publishedAt: time))
    insert(index)
    return index
  }

  /// - Returns: false when there has never been such an item.
  func edit(_ index: Int, _ edit: ItemEdit) -> Bool {
    guard (0..<made).contains(index) else { return false }
    if !isDeleted(index) { remove(index) }
    edits[index] = edit.over(edits[index] ?? ItemEdit())
    if !isDeleted(index) { insert(index) }
    return true
  }

  private func insert(_ index: Int) {
    order.insert(Int32(index), at: order.count - position(olderThan: time(index), index: index))
  }

  private func remove(_ index: Int) {
    let place = order.count - position(olderThan: time(index), index: index)
    if place < order.count, Int(order[place]) == index { order.remove(at: place) }
  }

  /// Without making the whole item.
  private func time(_ index: Int) -> Int {
    edits[index]?.publishedAt ?? item(index)?.publishedAt ?? 0
  }

  private var interval: Int { min(86_400, Self.span / max(1, profile.size)) }

  private func seededTime(_ index: Int, _ jitter: Int) -> Int {
    Self.newest - (profile.size - 1 - index) * interval - jitter
  }
}
