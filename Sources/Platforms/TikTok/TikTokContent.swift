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
  /// A call for twenty.
  package nonisolated let checks = 2000

  private let base: String
  private let client: AccountClient

  /// - Parameter base: the API's address.
  package init(base: String, client: AccountClient) {
    self.base = "\(base)/v2"
    self.client = client
  }

  package func page(after cursor: String?, limit: Int) async throws -> ContentPage {
    var body = [JSON.Member("max_count", JSON(limit))]
    if let cursor { body.append(JSON.Member("cursor", .number(cursor))) }
    let data = try await data("list", TikTokVideo.fields, .object(body))
    var page = ContentPage(next: try next(data))
    for video in try videos(data) { page.append(TikTokVideo.entry(video)) }
    return page
  }

  /// https://developers.tiktok.com/doc/tiktok-api-v2-video-query
  package func existing(of ids: [String]) async throws -> Set<String> {
    let filters: JSON = ["filters": ["video_ids": .array(ids.map { .string($0) })]]
    return Set(try videos(await data("query", "id", filters)).compactMap { $0["id"]?.itemID })
  }

  package func profile() async throws -> ChannelProfile? {
    let query = ClientRequest.query([("fields", ChannelProfile.tiktokFields(client.account.scopes))]
    )
    let response = try await client.send { [base] token in
      let url = "\(base)/user/info/?\(query)"
      return ClientRequest(.get, url, headers: ["Authorization": "Bearer \(token)"])
    }
    return ChannelProfile(tiktok: try response.json(of: .tiktok))
  }

  private func data(_ call: String, _ fields: String, _ body: JSON) async throws -> JSON {
    let url = "\(base)/video/\(call)/?\(ClientRequest.query([("fields", fields)]))"
    let response = try await client.send { token in
      ClientRequest(
        .post,
        url,
        headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
        body: body.bytes,
        // It only reads.
        mayRepeat: true
      )
    }
    guard let data = try response.json(of: .tiktok)["data"] else {
      throw PlatformFailure(.tiktok, unreadable: "an object without data")
    }
    return data
  }

  private func videos(_ data: JSON) throws -> [JSON] {
    guard let videos = data["videos"], videos != .null else { return [] }
    return try videos.entries(of: .tiktok, upTo: pageSize)
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
