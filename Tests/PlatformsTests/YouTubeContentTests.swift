import HTTPClient
import JSON
import Loop
import Postgres
import TestSupport
import Testing

@testable import Platforms

@Suite("What a channel uploaded") struct YouTubeContentTests {
  private static let video = """
    {"id":"dQw4w9WgXcQ","snippet":{"publishedAt":"2026-10-01T12:00:00Z","channelId":"UC1","title":"T #Sun",\
    "description":"D #sea #2026","tags":["a","b","a"],"categoryId":"20","liveBroadcastContent":"none",\
    "defaultLanguage":"en-GB","thumbnails":{"default":{"url":"https://i.ytimg.com/vi/x/default.jpg"},\
    "high":{"url":"https://i.ytimg.com/vi/x/high.jpg"}}},"contentDetails":{"duration":"PT4M13S"},\
    "status":{"uploadStatus":"processed","privacyStatus":"public","embeddable":true},\
    "statistics":{"viewCount":"1234","likeCount":"56","favoriteCount":"0","commentCount":"7"}}
    """

  /// The sample with a member replaced by JSON, or taken away by nothing.
  private func entry(_ changes: (path: String, value: String?)...) throws -> ContentEntry {
    var video = try JSON(parsing: Array(Self.video.utf8))
    for (path, value) in changes {
      let value = try value.map { try JSON(parsing: Array($0.utf8)) }
      video = video.setting(path.split(separator: ".").map(String.init)[...], to: value)
    }
    return YouTubeVideo.entry(video, among: ["dQw4w9WgXcQ"])
  }

  private func item(_ changes: (path: String, value: String?)...) throws -> ContentItem? {
    var video = try JSON(parsing: Array(Self.video.utf8))
    for (path, value) in changes {
      let value = try value.map { try JSON(parsing: Array($0.utf8)) }
      video = video.setting(path.split(separator: ".").map(String.init)[...], to: value)
    }
    guard case .item(let item) = YouTubeVideo.entry(video, among: ["dQw4w9WgXcQ"]) else {
      return nil
    }
    return item
  }

  @Test("is stored with what is told of it")
  func maps() throws {
    let item = try #require(try item())
    #expect(item.type == .longVideo)
    #expect(item.url == "https://www.youtube.com/watch?v=dQw4w9WgXcQ")
    #expect(item.title == "T #Sun")
    #expect(item.description == "D #sea #2026")
    #expect(item.thumbnailUrl == "https://i.ytimg.com/vi/x/high.jpg")
    #expect(item.durationSeconds == 253)
    #expect([item.views, item.likes, item.comments, item.shares] == [1234, 56, 7, nil])
    #expect(item.tags == ["a", "b"])
    #expect(item.hashtags == ["sun", "sea"])
    #expect(item.categoryCode == "gaming")
    #expect(item.language == "en-GB")
    #expect(item.publishedAt == Timestamp("2026-10-01T12:00:00Z"))
    #expect(item.visibility == .public)
  }

  @Test(
    "is a short when it is upright and short enough for its day",
    arguments: [
      ("PT3M", #"{"shortsAspectRatio":{"url":"https://a/b"}}"#, nil, "2026-01-01T00:00:00Z", true),
      (
        "PT3M1S", #"{"shortsAspectRatio":{"url":"https://a/b"}}"#, nil, "2026-01-01T00:00:00Z",
        false
      ),
      ("PT3M", #"{"shortsAspectRatio":{"url":"https://a/b"}}"#, nil, "2024-01-01T00:00:00Z", false),
      ("PT1M", #"{"shortsAspectRatio":{"url":"https://a/b"}}"#, nil, "2024-01-01T00:00:00Z", true),
      ("PT2M", "{}", #"{"embedWidth":"405","embedHeight":"720"}"#, "2026-01-01T00:00:00Z", true),
      ("PT2M", "{}", #"{"embedWidth":"720","embedHeight":"720"}"#, "2026-01-01T00:00:00Z", true),
      ("PT30S", "{}", #"{"embedWidth":"1280","embedHeight":"720"}"#, "2026-01-01T00:00:00Z", false),
      ("PT60S", "{}", nil, "2026-01-01T00:00:00Z", true),
      ("PT61S", "{}", nil, "2026-01-01T00:00:00Z", false),
      ("PT0S", #"{"shortsAspectRatio":{"url":"https://a/b"}}"#, nil, "2026-01-01T00:00:00Z", false),
    ] as [(String, String, String?, String, Bool)]
  )
  func knowsShorts(
    duration: String,
    thumbnails: String,
    player: String?,
    published: String,
    isShort: Bool
  ) throws {
    let item = try #require(
      try item(
        ("contentDetails.duration", "\"\(duration)\""),
        ("snippet.thumbnails", thumbnails),
        ("player", player),
        ("snippet.publishedAt", "\"\(published)\"")
      )
    )
    #expect(item.type == (isShort ? .shortVideo : .longVideo))
    #expect(item.url?.contains("/shorts/") == isShort)
  }

  @Test(
    "has a duration in ISO 8601",
    arguments: [
      ("PT15S", 15), ("PT4M13S", 253), ("PT1H2M3S", 3723), ("P1DT2H", 93_600), ("PT0S", 0),
      ("P0D", 0), ("P1W", 604_800), ("PT", nil), ("P", nil), ("15", nil), ("PT5", nil),
      ("PT99999999999999999999S", nil), ("PTH", nil), ("PT1X", nil),
    ] as [(String, Int?)]
  )
  func readsDurations(text: String, seconds: Int?) {
    #expect(YouTubeVideo.seconds(text) == seconds)
  }

  @Test(
    "waits while it is live, yet to come, or failed to upload",
    arguments: [
      ("snippet.liveBroadcastContent", "live"), ("snippet.liveBroadcastContent", "upcoming"),
      ("status.uploadStatus", "failed"), ("status.uploadStatus", "rejected"),
    ]
  )
  func waits(path: String, value: String) throws {
    #expect(try entry((path, "\"\(value)\"")) == .waiting(id: "dQw4w9WgXcQ"))
    #expect(try item(("snippet.liveBroadcastContent", "\"completed\"")) != nil)
  }

  @Test(
    "keeps its visibility, and what has none is nobody's to see",
    arguments: [
      ("\"private\"", ContentItem.Visibility.private), ("\"unlisted\"", .unlisted),
      ("\"public\"", .public), ("\"new\"", .private), (nil, .private), ("7", .private),
    ] as [(String?, ContentItem.Visibility)]
  )
  func keepsVisibility(status: String?, visibility: ContentItem.Visibility) throws {
    #expect(try item(("status.privacyStatus", status))?.visibility == visibility)
  }

  @Test(
    "lacks counts that are hidden or make no sense",
    arguments: [
      (nil, nil), ("\"12\"", 12), ("12", 12), ("\"18446744073709551615\"", Int.max),
      ("\"9007199254740993\"", 9_007_199_254_740_993), ("\"-1\"", nil), ("\"many\"", nil),
      ("1.5", nil), ("[]", nil), ("null", nil),
    ] as [(String?, Int?)]
  )
  func readsCounts(text: String?, count: Int?) throws {
    #expect(try item(("statistics.viewCount", text))?.views == count)
  }

  @Test(
    "can't be read without what is needed, and names itself where it can",
    arguments: [
      ("snippet", nil), ("snippet", "[]"), ("snippet.publishedAt", nil),
      ("snippet.publishedAt", "\"yesterday\""), ("snippet.publishedAt", "17"),
      ("snippet.title", nil), ("snippet.title", "{}"),
    ] as [(String, String?)]
  )
  func refuses(path: String, value: String?) throws {
    #expect(try entry((path, value)) == .unreadable(id: "dQw4w9WgXcQ"))
    #expect(try entry(("id", "{}")) == .unreadable(id: nil))
    #expect(try entry(("id", "\"another\"")) == .unreadable(id: nil))
  }

  @Test(
    "of another type in what is not needed is stored without it",
    arguments: [
      "snippet.description", "snippet.tags", "snippet.thumbnails", "contentDetails", "statistics",
      "snippet.categoryId", "snippet.defaultLanguage", "player", "contentDetails.duration",
    ]
  )
  func toleratesTypes(path: String) throws {
    for value in ["7", "\"text\"", "[1]", "{\"a\":1}", "null", "true"] {
      #expect(try item((path, value)) != nil)
    }
  }

  // MARK: - Calls

  /// A channel of videos with these ids, 50 a page.
  @Loop
  private func channel(_ ids: [String], gone: Set<String> = []) -> StubTransport {
    StubTransport { request in
      if request.asks("/channels") {
        return ClientResponse(
          #"{"items":[{"contentDetails":{"relatedPlaylists":{"uploads":"UU1"}}}]}"#
        )
      }
      if request.asks("/playlistItems") {
        let start = request.parameter("pageToken").flatMap { Int($0) } ?? 0
        let end = min(start + 50, ids.count)
        let items = ids[start..<end].map { #"{"contentDetails":{"videoId":"\#($0)"}}"# }
        let next = end < ids.count ? #","nextPageToken":"\#(end)""# : ""
        return ClientResponse(#"{"items":[\#(items.joined(separator: ","))]\#(next)}"#)
      }
      let asked = (request.parameter("id") ?? "").replacing("%2C", with: ",").split(separator: ",")
      let videos = asked.filter { !gone.contains(String($0)) }.map {
        Self.video.replacing("dQw4w9WgXcQ", with: $0)
      }
      return ClientResponse(#"{"items":[\#(videos.joined(separator: ","))]}"#)
    }
  }

  @Test("is read with a unit for each call, and without the channel when its list is known")
  func spends() async throws {
    try await onLoop {
      let transport = channel((0..<120).map { "v\($0)" }, gone: ["v7"])
      var spent = 0
      let content = YouTubeContent(
        base: "https://api.example",
        client: AccountClient(.youtube, transport),
        playlist: nil
      ) { spent += $0 }
      let page = try await content.page(after: nil, limit: 50)
      #expect(page.items.count == 49)
      #expect(page.next == "50")
      #expect(spent == 3)
      #expect(content.playlist == "UU1")
      _ = try await content.page(after: page.next, limit: 50)
      #expect(spent == 5)
      #expect(try await content.existing(of: ["v7", "v8"]) == ["v8"])
      #expect(spent == 6)
      for request in transport.requests {
        #expect(request.headers["Authorization"] == "Bearer \(StubTokens.token)")
        #expect(!request.url.contains(StubTokens.token))
      }
    }
  }

  @Test("is nothing when the channel never uploaded, and a refusal when there is no channel")
  func knowsEmptiness() async throws {
    try await onLoop {
      @Loop func content(_ text: String, status: Int) -> YouTubeContent {
        YouTubeContent(
          base: "https://api.example",
          client: AccountClient(
            .youtube,
            StubTransport { request in
              request.asks("/channels") && status != 200
                ? ClientResponse(
                  #"{"items":[{"contentDetails":{"relatedPlaylists":{"uploads":"UU1"}}}]}"#
                ) : ClientResponse(text, status: status)
            }
          ),
          playlist: nil
        ) { _ in }
      }
      let notFound = #"{"error":{"code":404,"errors":[{"reason":"playlistNotFound"}]}}"#
      let page = try await content(notFound, status: 404).page(after: nil, limit: 50)
      #expect(page.count == 0)
      #expect(page.next == nil)
      let failure = await #expect(throws: PlatformFailure.self) {
        _ = try await content(#"{"pageInfo":{"totalResults":0}}"#, status: 200)
          .page(after: nil, limit: 50)
      }
      #expect(failure?.code == "noChannel")
    }
  }

  @Test("of an answer without end fails at its limit, and is not asked for again")
  func refusesEndless() async throws {
    try await onLoop {
      let transport = StubTransport { request throws(ClientError) in
        #expect(request.limits.body <= 10 << 20)
        throw ClientError(.tooLarge, host: "api.example")
      }
      let content = YouTubeContent(
        base: "https://api.example",
        client: AccountClient(.youtube, transport),
        playlist: "UU1"
      ) { _ in }
      let failure = await #expect(throws: PlatformFailure.self) {
        _ = try await Retry { _ in }() { try await content.page(after: nil, limit: 50) }
      }
      #expect(failure?.message.contains("too large") == true)
      #expect(transport.requests.count == 1)
    }
  }

  @Test(
    "of a hostile answer fails with a message",
    arguments: [
      "<html><body>Sign in</body></html>", "", "[]", "null", "{\"items\":7}", "{\"items\":{}}",
      #"{"items":["# + String(repeating: "{},", count: 300) + "{}]}", #"{"items":[{}"#,
      String(repeating: "[", count: 1000),
    ]
  )
  func refusesHostile(body: String) async throws {
    try await onLoop {
      let content = YouTubeContent(
        base: "https://api.example",
        client: AccountClient(.youtube, StubTransport { _ in ClientResponse(body) }),
        playlist: "UU1"
      ) { _ in }
      let failure = await #expect(throws: PlatformFailure.self) {
        _ = try await content.page(after: nil, limit: 50)
      }
      #expect(failure?.code == "unreadable")
      #expect(failure?.message.hasPrefix("YouTube gave an answer that can't be read") == true)
    }
  }
}

extension JSON {
  /// The same with the member at a path set, or without it.
  fileprivate func setting(_ path: ArraySlice<String>, to value: JSON?) -> JSON {
    guard let name = path.first, case .object(var members) = self else { return self }
    let index = members.firstIndex { $0.name == name }
    let inner =
      path.count == 1
      ? value
      : (index.map { members[$0].value } ?? .object([])).setting(path.dropFirst(), to: value)
    if let index { members.remove(at: index) }
    if let inner { members.append(Member(name, inner)) }
    return .object(members)
  }
}
