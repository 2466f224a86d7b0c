import HTTPClient
import JSON
package import Loop

/// What an Instagram account published: its media, or the stories of the last day.
///
/// https://developers.facebook.com/docs/instagram-platform/reference/instagram-media
@Loop
package final class InstagramContent: ContentListing {
  package enum Shelf: String, Sendable {
    case media
    case stories
  }

  package nonisolated let pageSize = 50
  package nonisolated let reach = 10_000
  package nonisolated let kinds: [ContentItem.Kind]

  private let shelf: Shelf
  private let base: String
  private let client: AccountClient

  /// - Parameter base: the graph's address with its version.
  package init(_ shelf: Shelf, base: String, client: AccountClient) {
    self.shelf = shelf
    self.base = base
    self.client = client
    kinds = shelf == .stories ? [.story] : ContentItem.Kind.allCases.filter { $0 != .story }
  }

  package func page(after cursor: String?, limit: Int) async throws -> ContentPage {
    let query = ClientRequest.query(
      [("fields", InstagramMedia.fields), ("limit", String(limit)), ("after", cursor)]
    )
    let url = "\(base)/me/\(shelf.rawValue)?\(query)"
    let response = try await client.send(isVital: shelf == .media) { token in
      ClientRequest(.get, url, headers: ["Authorization": "Bearer \(token)"])
    }
    let list = try response.json(of: .instagram)
    guard let data = list["data"] else {
      throw PlatformFailure(.instagram, unreadable: "an object without data")
    }
    var page = ContentPage(next: try next(list["paging"]))
    for media in try data.entries(of: .instagram, upTo: pageSize) {
      page.append(InstagramMedia.entry(media, isStory: shelf == .stories))
    }
    return page
  }

  /// The address of the next page holds the token: it says that there is one, and the cursor says
  /// where.
  private func next(_ paging: JSON?) throws -> String? {
    guard paging?["next"]?.text != nil else { return nil }
    guard let cursor = paging?["cursors"]?["after"]?.text else {
      throw PlatformFailure(.instagram, unreadable: "a next page without its cursor")
    }
    return cursor
  }
}
