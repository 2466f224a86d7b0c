package import Loop

/// A list of what an account published, newest first, as a platform pages it.
@Loop
package protocol ContentListing: AnyObject, Sendable {
  /// The most items that a page holds.
  nonisolated var pageSize: Int { get }
  /// How far back the platform lists: what is older proves nothing by its absence.
  nonisolated var reach: Int { get }
  /// What it lists; what of it is missing in the whole list is gone.
  nonisolated var kinds: [ContentItem.Kind] { get }
  /// How many items a run may ask for by their ids; 0 where there is no way to do that.
  nonisolated var checks: Int { get }

  /// - Parameters:
  ///   - cursor: the last page's `next`; nil for the first page.
  ///   - limit: how many items are wanted, ``pageSize`` at most.
  func page(after cursor: String?, limit: Int) async throws -> ContentPage

  /// Which of these, that the list did not show, are there all the same: it may not reach them, and
  /// pages that are counted from the front skip an item when one before it goes while they are read.
  ///
  /// - Parameter ids: ``pageSize`` at most.
  func existing(of ids: [String]) async throws -> Set<String>

  /// What the account says of itself by now, where that is cheap to know.
  func profile() async throws -> ChannelProfile?
}

extension ContentListing {
  package nonisolated var checks: Int { 0 }

  package func existing(of ids: [String]) async throws -> Set<String> { [] }

  package func profile() async throws -> ChannelProfile? { nil }
}

/// A page, in the form that is stored.
package struct ContentPage: Sendable {
  /// In the platform's order, each once.
  package private(set) var items: [ContentItem] = []
  /// What is there and not stored: it is live or yet to come, or what is told of it can't be read.
  package private(set) var spared: Set<String> = []
  /// How many entries can't be read.
  package private(set) var failures = 0
  /// How many of those don't even say which item they are.
  package private(set) var anonymous = 0
  /// Where the next page begins; nil when there is none.
  package var next: String?

  package init(next: String? = nil) {
    self.next = next
  }

  package mutating func append(_ entry: ContentEntry) {
    switch entry {
    case .item(let item):
      if !items.contains(where: { $0.id == item.id }) { items.append(item) }
    case .waiting(let id): spared.insert(id)
    case .unreadable(let id?):
      failures += 1
      spared.insert(id)
    case .unreadable(nil):
      failures += 1
      anonymous += 1
    }
  }

  /// How many entries it has.
  package var count: Int { items.count + spared.count + anonymous }
}

/// What became of an entry of a page.
package enum ContentEntry: Sendable, Equatable {
  case item(ContentItem)
  /// Not to be stored yet.
  case waiting(id: String)
  /// What is needed is missing or of another type.
  case unreadable(id: String?)
}
