package import Postgres

/// What a walk over a listing has come to.
package struct Walked: Sendable {
  /// What was read and is now stored: new, changed and unchanged.
  package internal(set) var stored = 0
  package internal(set) var new = 0
  package internal(set) var updated = 0
  /// What can't be read, and what is another account's.
  package internal(set) var failed = 0
  /// The listing's end was reached, and each entry said which item it is.
  package internal(set) var isWhole = false
  /// A page was known, and none after it was read.
  var stoppedEarly = false
  /// The stored items: sixteen bytes each are all that is kept of them.
  var seen: [UUID] = []
  /// What is there and not stored.
  var spared: Set<String> = []
  var oldest: Timestamp?
  /// How many entries there were.
  var listed = 0

  mutating func absorb(_ page: ContentPage, _ result: StoredPage) {
    listed += page.count
    stored += result.seen.count
    new += result.newItems
    updated += result.updatedItems
    failed += page.failures + result.refusedItems
    seen += result.seen
    spared.formUnion(page.spared)
    if let last = page.items.map(\.publishedAt).min() { oldest = min(oldest ?? last, last) }
  }

  /// The sums of both lists; of the main one alone, how far it was read.
  func adding(_ other: Walked, isMain: Bool) -> Walked {
    var sum = Walked()
    sum.stored = stored + other.stored
    sum.new = new + other.new
    sum.updated = updated + other.updated
    sum.failed = failed + other.failed
    let main = isMain ? other : self
    (sum.isWhole, sum.stoppedEarly, sum.listed) = (main.isWhole, main.stoppedEarly, main.listed)
    return sum
  }
}

/// What `internal.store_content` did with a page.
package struct StoredPage: Decodable, Sendable {
  package var newItems: Int
  package var updatedItems: Int
  /// Those of another account.
  package var refusedItems: Int
  package var seen: [UUID]

  /// Every item was known, and none has changed.
  var isUnchanged: Bool { newItems == 0 && updatedItems == 0 }
}
