import HTTPClient
import JSON
package import Loop
import Postgres

/// A channel's uploads: pages of ids, and for each page its videos.
///
/// https://developers.google.com/youtube/v3/docs/playlistItems/list
@Loop
package final class YouTubeContent: ContentListing {
  package nonisolated let pageSize = 50
  package nonisolated let reach = 20_000
  package nonisolated let kinds: [ContentItem.Kind] = [.longVideo, .shortVideo]
  /// A unit for fifty.
  package nonisolated let checks = 20_000

  /// The playlist of the channel's uploads; known once a page was read.
  package private(set) var playlist: String?
  /// As it was told with the playlist.
  private var channel: ChannelProfile?
  private let base: String
  private let client: AccountClient
  private let spend: @Loop (_ units: Int) async throws -> Void

  /// - Parameters:
  ///   - base: the API's address.
  ///   - playlist: the uploads' as a former walk found it.
  ///   - spend: called before each call with the units that it costs.
  package init(
    base: String,
    client: AccountClient,
    playlist: String?,
    spend: @escaping @Loop (_ units: Int) async throws -> Void
  ) {
    self.base = base
    self.client = client
    self.playlist = playlist
    self.spend = spend
  }

  package func page(after cursor: String?, limit: Int) async throws -> ContentPage {
    let list: JSON
    do {
      list = try await get(
        "playlistItems",
        [
          ("part", "contentDetails"), ("playlistId", try await uploads()),
          ("maxResults", String(limit)), ("pageToken", cursor),
        ]
      )
    } catch let failure as PlatformFailure where failure.code == "playlistNotFound" {
      // A channel that never uploaded anything.
      return ContentPage()
    }
    let entries = try elements(of: list)
    var ids: [String] = []
    var page = ContentPage(next: list["nextPageToken"]?.text)
    for entry in entries {
      if let id = entry["contentDetails"]?["videoId"]?.itemID {
        if !ids.contains(id) { ids.append(id) }
      } else {
        page.append(.unreadable(id: nil))
      }
    }
    for video in try await videos(ids, YouTubeVideo.parts) {
      page.append(YouTubeVideo.entry(video, among: ids))
    }
    return page
  }

  package func existing(of ids: [String]) async throws -> Set<String> {
    Set(try await videos(ids, "id").compactMap { $0["id"]?.itemID })
  }

  package func profile() async throws -> ChannelProfile? { channel }

  private func uploads() async throws -> String {
    if let playlist { return playlist }
    // All of it for one unit.
    let parts = "contentDetails,snippet,statistics"
    let list = try await get("channels", [("part", parts), ("mine", "true")])
    guard let channel = list["items"]?.elements?.first else {
      throw PlatformFailure(
        .youtube,
        .permanent,
        code: "noChannel",
        "this Google account has no channel on YouTube"
      )
    }
    guard let found = channel["contentDetails"]?["relatedPlaylists"]?["uploads"]?.itemID else {
      throw PlatformFailure(.youtube, unreadable: "a channel without its uploads")
    }
    self.channel = ChannelProfile(youtube: channel)
    playlist = found
    return found
  }

  private func videos(_ ids: [String], _ parts: String) async throws -> [JSON] {
    var videos: [JSON] = []
    var rest = ids[...]
    while !rest.isEmpty {
      let batch = rest.prefix(pageSize)
      rest = rest.dropFirst(pageSize)
      let list = try await get(
        "videos",
        // The box makes the player tell the video's shape.
        [("part", parts), ("id", batch.joined(separator: ",")), ("maxHeight", "720")]
      )
      videos += try elements(of: list)
    }
    return videos
  }

  /// One unit each.
  private func get(_ resource: String, _ items: [(String, String?)]) async throws -> JSON {
    try await spend(1)
    let url = "\(base)/youtube/v3/\(resource)?\(ClientRequest.query(items))"
    let response = try await client.send { token in
      ClientRequest(.get, url, headers: ["Authorization": "Bearer \(token)"])
    }
    return try response.json(of: .youtube)
  }

  /// An empty list may lack them.
  private func elements(of list: JSON) throws -> [JSON] {
    try list["items"].map { try $0.entries(of: .youtube, upTo: pageSize) } ?? []
  }
}
