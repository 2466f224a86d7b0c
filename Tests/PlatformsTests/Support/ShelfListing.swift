import Loop
import Postgres

@testable import Platforms

/// A listing over an array of entries.
@Loop
final class ShelfListing: ContentListing {
  nonisolated let pageSize: Int
  nonisolated let reach: Int
  nonisolated let checks: Int
  nonisolated let kinds: [ContentItem.Kind] = ContentItem.Kind.allCases
  var entries: [ContentEntry]
  /// What is thrown in place of pages, one after the other.
  var failures: [any Error] = []
  /// How long a page takes.
  var delay: Duration?
  /// Which page, counted from 0, can't be had.
  var brokenPage: Int?
  /// What is there though no page shows it.
  var hidden: Set<String> = []
  /// After so many of them none is told.
  var answers = Int.max
  private(set) var asked: [(cursor: String?, limit: Int)] = []
  private(set) var askedFor: [String] = []

  init(
    _ entries: [ContentEntry],
    pageSize: Int = 50,
    reach: Int = 20_000,
    checks: Int = 20_000
  ) {
    self.entries = entries
    self.pageSize = pageSize
    self.reach = reach
    self.checks = checks
  }

  func page(after cursor: String?, limit: Int) async throws -> ContentPage {
    asked.append((cursor, limit))
    if let delay { try await Loop.sleep(for: delay) }
    if !failures.isEmpty { throw failures.removeFirst() }
    let start = cursor.flatMap { Int($0) } ?? 0
    if let brokenPage, start >= brokenPage * pageSize {
      throw PlatformFailure(.youtube, .permanent, code: "broken", "broken")
    }
    let end = min(start + limit, entries.count)
    var page = ContentPage(next: end < entries.count ? String(end) : nil)
    for entry in entries[start..<end] { page.append(entry) }
    return page
  }

  func existing(of ids: [String]) async throws -> Set<String> {
    guard askedFor.count + ids.count <= answers else {
      throw PlatformFailure(.youtube, .quota(resets: nil), code: "quotaExceeded", "used up")
    }
    askedFor += ids
    return hidden.intersection(ids)
  }
}

extension ContentItem {
  /// One of many.
  static func sample(_ number: Int, title: String? = nil, views: Int = 0) -> ContentItem {
    var item = ContentItem(
      id: "v\(number)",
      type: .longVideo,
      publishedAt: .init(unixSeconds: 1_700_000_000 + number)
    )
    item.title = title ?? "Title \(number)"
    item.description = "Description of number \(number)"
    item.url = "https://video.example/\(number)"
    item.thumbnailUrl = "https://thumbs.example/\(number).jpg"
    item.views = views
    item.tags = ["tag", "tag\(number % 7)"]
    return item
  }
}
