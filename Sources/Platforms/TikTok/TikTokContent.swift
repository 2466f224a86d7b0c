import HTTPClient
import JSON
package import Loop

/// The public videos of a TikTok account.
///
/// https://developers.tiktok.com/doc/tiktok-api-v2-video-list
@Loop
package final class TikTokContent: ContentListing {
  package nonisolated let pageSize = 20
  package nonisolated let reach = 50_000
  package nonisolated let kinds: [ContentItem.Kind] = [.shortVideo]

  private let url: String
  private let client: AccountClient

  /// - Parameter base: the API's address.
  package init(base: String, client: AccountClient) {
    self.client = client
    url = "\(base)/v2/video/list/?\(ClientRequest.query([("fields", TikTokVideo.fields)]))"
  }

  package func page(after cursor: String?, limit: Int) async throws -> ContentPage {
    var body = [JSON.Member("max_count", JSON(limit))]
    if let cursor { body.append(JSON.Member("cursor", .number(cursor))) }
    let bytes = JSON.object(body).bytes
    let response = try await client.send { [url] token in
      ClientRequest(
        .post,
        url,
        headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
        body: bytes,
        // It only reads.
        mayRepeat: true
      )
    }
    guard let data = try response.json(of: .tiktok)["data"] else {
      throw PlatformFailure(.tiktok, unreadable: "an object without data")
    }
    var page = ContentPage(next: try next(data))
    if let videos = data["videos"], videos != .null {
      for video in try videos.entries(of: .tiktok, upTo: pageSize) {
        page.append(TikTokVideo.entry(video))
      }
    }
    return page
  }

  /// A moment in milliseconds: the next page is what was published before it.
  private func next(_ data: JSON) throws -> String? {
    guard data["has_more"] == true else { return nil }
    guard let cursor = data["cursor"]?.integer else {
      throw PlatformFailure(.tiktok, unreadable: "a next page without its cursor")
    }
    return String(cursor)
  }
}
