/// Verified tokens by the SHA-256 of their text, bounded in number and bytes.
///
/// Evicts by SIEVE: new entries enter at the head; a hand walks from the tail towards the head,
/// spares what was used since it last came by and evicts the first that was not. A hit only sets a
/// flag, so tokens seen once never drive out those in use. All operations take constant time
/// (amortised).
struct TokenCache {
  private struct Entry {
    let key: SHA256Digest
    /// Nil in a free place, so that nobody's claims outlive the entry.
    var token: JSONWebToken?
    let expiry: Int?
    let validFrom: Int
    let cost: Int
    var newer: Int
    var older: Int
    var wasUsed = false
  }

  private static let none = -1

  private let capacity: Int
  private let byteLimit: Int
  private var entries: [Entry] = []
  private var free: [Int] = []
  private var places: [SHA256Digest: Int] = [:]
  private var head = Self.none
  private var tail = Self.none
  private var hand = Self.none
  private var bytes = 0

  /// - Parameter byteLimit: sum of the claims' lengths.
  init(capacity: Int, byteLimit: Int) {
    self.capacity = capacity
    self.byteLimit = byteLimit
  }

  /// How many tokens it holds.
  var count: Int { places.count }

  /// The token, nil when it is not here or must be verified anew: from `exp` on (an entry that has
  /// reached it is removed), or before the second from which it counts.
  mutating func token(for key: SHA256Digest, at now: Int) -> JSONWebToken? {
    guard let place = places[key] else { return nil }
    if isDead(entries[place], at: now) {
      remove(place)
      return nil
    }
    guard now >= entries[place].validFrom else { return nil }
    entries[place].wasUsed = true
    return entries[place].token
  }

  /// Adds a verified token. One that is already past `exp` (inside the leeway), or larger than the
  /// whole cache, is not kept.
  mutating func insert(
    _ token: JSONWebToken,
    validFrom: Int,
    for key: SHA256Digest,
    at now: Int
  ) {
    let cost = token.claims.count
    if let expiry = token.expiry, now >= expiry { return }
    guard capacity > 0, cost <= byteLimit else { return }
    if let place = places[key] { remove(place) }
    while places.count >= capacity || bytes + cost > byteLimit { evict(at: now) }
    let entry = Entry(
      key: key,
      token: token,
      expiry: token.expiry,
      validFrom: validFrom,
      cost: cost,
      newer: Self.none,
      older: head
    )
    let place = free.popLast() ?? entries.count
    if place == entries.count { entries.append(entry) } else { entries[place] = entry }
    if head != Self.none { entries[head].newer = place }
    if tail == Self.none { tail = place }
    head = place
    bytes += cost
    places[key] = place
  }

  /// Forgets everything: the keys have changed.
  mutating func removeAll() {
    self = TokenCache(capacity: capacity, byteLimit: byteLimit)
  }

  private mutating func evict(at now: Int) {
    var place = hand == Self.none ? tail : hand
    while entries[place].wasUsed && !isDead(entries[place], at: now) {
      entries[place].wasUsed = false
      place = entries[place].newer == Self.none ? tail : entries[place].newer
    }
    hand = entries[place].newer
    remove(place)
  }

  private func isDead(_ entry: Entry, at now: Int) -> Bool {
    entry.expiry.map { now >= $0 } ?? false
  }

  private mutating func remove(_ place: Int) {
    let entry = entries[place]
    if entry.newer == Self.none {
      head = entry.older
    } else {
      entries[entry.newer].older = entry.older
    }
    if entry.older == Self.none {
      tail = entry.newer
    } else {
      entries[entry.older].newer = entry.newer
    }
    if hand == place { hand = entry.newer }
    places[entry.key] = nil
    bytes -= entry.cost
    entries[place].token = nil
    free.append(place)
  }
}
