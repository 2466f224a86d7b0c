import Core
import HTTPClient
import JSON
package import Loop

/// What an Instagram account published: its media, or the stories of the last day. Views and shares
/// are read for the newest media alone (``InstagramInsights``).
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
  /// A call each. Of stories the list says all: they are few, and gone after a day.
  package nonisolated let checks: Int

  private let shelf: Shelf
  private let base: String
  private let client: AccountClient

  /// - Parameter base: the graph's address with its version.
  package init(_ shelf: Shelf, base: String, client: AccountClient) {
    self.shelf = shelf
    self.base = base
    self.client = client
    checks = shelf == .stories ? 0 : 200
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
    var insights = InstagramInsights(base: base, client: client, after: response)
    for media in try data.entries(of: .instagram, upTo: pageSize) {
      var entry = InstagramMedia.entry(media, isStory: shelf == .stories)
      if shelf == .media, cursor == nil, case .item(var item) = entry {
        await insights.complete(&item)
        entry = .item(item)
      }
      page.append(entry)
    }
    return page
  }

  package func profile() async throws -> ChannelProfile? {
    guard shelf == .media else { return nil }
    let query = ClientRequest.query([("fields", ChannelProfile.instagramFields)])
    let response = try await client.send { [base] token in
      ClientRequest(.get, "\(base)/me?\(query)", headers: ["Authorization": "Bearer \(token)"])
    }
    return ChannelProfile(instagram: try response.json(of: .instagram))
  }

  package func existing(of ids: [String]) async throws -> Set<String> {
    var found: Set<String> = []
    for id in ids where try await isThere(id) { found.insert(id) }
    return found
  }

  /// What can't be asked for is not gone for that.
  private func isThere(_ id: String) async throws -> Bool {
    let url = "\(base)/\(id.percentEncoded)?fields=id"
    do {
      _ = try await client.send { token in
        ClientRequest(.get, url, headers: ["Authorization": "Bearer \(token)"])
      }
      return true
    } catch let failure as PlatformFailure where failure.kind == .permanent {
      return failure.code != "100/33"
    }
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
