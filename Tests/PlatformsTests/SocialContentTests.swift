import HTTPClient
import JSON
import Loop
import Postgres
import TestSupport
import Testing

@testable import Platforms

@Suite("What was published on Instagram and TikTok") struct SocialContentTests {
  private func media(_ text: String, isStory: Bool = false) throws -> ContentEntry {
    InstagramMedia.entry(try JSON(parsing: Array(text.utf8)), isStory: isStory)
  }

  @Test(
    "Instagram's kinds are ours",
    arguments: [
      ("IMAGE", "FEED", ContentItem.Kind.image), ("VIDEO", "FEED", .longVideo),
      ("VIDEO", "REELS", .reel), ("CAROUSEL_ALBUM", "FEED", .carousel), ("IMAGE", "STORY", .story),
      ("IMAGE", "AD", .post), ("VIDEO", "SOMETHING", .post), ("HOLOGRAM", "FEED", .post),
    ]
  )
  func mapsKinds(type: String, product: String, kind: ContentItem.Kind) throws {
    let entry = try media(
      #"{"id":"1","media_type":"\#(type)","media_product_type":"\#(product)","timestamp":"2026-10-01T12:00:00+0000"}"#
    )
    guard case .item(let item) = entry else {
      Issue.record("\(entry) is no item")
      return
    }
    #expect(item.type == kind)
    #expect(item.publishedAt == Timestamp("2026-10-01T12:00:00Z"))
  }

  @Test("a carousel has its children in order, and a caption makes title and hashtags")
  func mapsCarousels() throws {
    let entry = try media(
      """
      {"id":17900000000000001,"caption":"\\n Hi #Sun!\\nmore #two_words x#no #🎉 ##a","media_type":"CAROUSEL_ALBUM",\
      "media_product_type":"FEED","permalink":"https://www.instagram.com/p/AbC/",\
      "timestamp":"2026-10-01T12:00:00+0000","like_count":5,"comments_count":1,"children":{"data":[\
      {"id":"1","media_type":"IMAGE","media_url":"https://a.example/1.jpg?s=1"},\
      {"id":"2","media_type":"VIDEO"},\
      {"id":"3","media_type":"VIDEO","media_url":"https://a.example/3.mp4","thumbnail_url":"https://a.example/3.jpg"}]}}
      """
    )
    guard case .item(let item) = entry else {
      Issue.record("\(entry) is no item")
      return
    }
    #expect(item.id == "17900000000000001")
    #expect(item.title == "Hi #Sun!")
    #expect(item.hashtags == ["sun", "two_words", "🎉", "a"])
    #expect(
      item.children.map(\.mediaUrl) == ["https://a.example/1.jpg?s=1", "https://a.example/3.mp4"]
    )
    #expect(item.children.map(\.mediaType) == ["image", "video"])
    #expect(item.thumbnailUrl == "https://a.example/1.jpg?s=1")
    #expect([item.views, item.likes, item.comments, item.shares] == [nil, 5, 1, nil])
  }

  @Test(
    "what is no https address is not stored as one",
    arguments: [
      "javascript:alert(1)", "http://a.example/x", "data:text/html,x", "https://", "//a.example",
      "https://a.example/\\u0022onload=",
    ]
  )
  func refusesAddresses(url: String) throws {
    let entry = try media(
      #"{"id":"1","media_type":"IMAGE","media_url":"\#(url)","permalink":"\#(url)","timestamp":"2026-10-01T12:00:00+0000"}"#
    )
    guard case .item(let item) = entry else {
      Issue.record("\(entry) is no item")
      return
    }
    #expect(item.mediaUrl == nil)
    #expect(item.url == nil)
    #expect(item.thumbnailUrl == nil)
  }

  @Test("what lacks an id, a kind or a time can't be read")
  func refusesMedia() throws {
    #expect(try media("{}") == .unreadable(id: nil))
    #expect(try media(#"{"id":""}"#) == .unreadable(id: nil))
    #expect(try media(#"{"id":"1","media_type":"IMAGE"}"#) == .unreadable(id: "1"))
    #expect(
      try media(#"{"id":"1","media_type":7,"timestamp":"2026-10-01T12:00:00+0000"}"#)
        == .unreadable(id: "1")
    )
    #expect(
      try media(#"{"id":"1","media_type":"IMAGE","timestamp":"0001-01-01T00:00:00+0000"}"#)
        == .unreadable(id: "1")
    )
  }

  @Test(
    "Instagram's pages are asked for by their cursor, never by the address that holds the token"
  )
  func pagesByCursor() async throws {
    try await onLoop {
      let transport = StubTransport { request in
        let isLast = request.parameter("after") != nil
        let next =
          #","next":"https://graph.instagram.com/me/media?access_token=\#(StubTokens.token)&after=QVFJ""#
        return ClientResponse(
          #"{"data":[],"paging":{"cursors":{"before":"a","after":"QVF+J=="}\#(isLast ? "" : next)}}"#
        )
      }
      let content = InstagramContent(
        .media,
        base: "https://graph.example/v25.0",
        client: AccountClient(.instagram, transport)
      )
      let first = try await content.page(after: nil, limit: 50)
      #expect(first.next == "QVF+J==")
      #expect(try await content.page(after: first.next, limit: 50).next == nil)
      #expect(transport.requests[1].parameter("after") == "QVF%2BJ%3D%3D")
      #expect(transport.requests.allSatisfy { !$0.url.contains(StubTokens.token) })
      #expect(transport.requests.allSatisfy { $0.asks("/v25.0/me/media") })
      #expect(!"\(first)".contains(StubTokens.token))
    }
  }

  @Test("TikTok's videos are short ones, of the seconds that they were made at")
  func mapsTikTok() throws {
    let text = """
      {"id":"7080213458555737986","create_time":1790856000,"title":"","video_description":"T #x",\
      "duration":32,"cover_image_url":"https://p16.example/c.jpg",\
      "share_url":"https://www.tiktok.com/@u/video/7080213458555737986",\
      "embed_link":"https://www.tiktok.com/embed/v2/7080213458555737986",\
      "view_count":10,"like_count":2,"comment_count":1,"share_count":0}
      """
    guard case .item(let item) = TikTokVideo.entry(try JSON(parsing: Array(text.utf8))) else {
      Issue.record("it is no item")
      return
    }
    #expect(item.type == .shortVideo)
    #expect(item.title == "T #x")
    #expect(item.hashtags == ["x"])
    #expect(item.publishedAt == Timestamp(unixSeconds: 1_790_856_000))
    #expect([item.views, item.likes, item.comments, item.shares] == [10, 2, 1, 0])
    #expect(item.embedHtml?.hasPrefix("<iframe src=\"https://www.tiktok.com/embed/v2/7080") == true)
    for broken in [
      "{}", #"{"id":7080213458555737986}"#, #"{"id":"1","create_time":"soon"}"#,
      #"{"id":"1","create_time":1e300}"#, #"{"id":"1","create_time":-5}"#,
      #"{"id":"1","create_time":99999999999999999}"#,
    ] {
      guard case .unreadable = TikTokVideo.entry(try JSON(parsing: Array(broken.utf8))) else {
        Issue.record("\(broken) is read")
        continue
      }
    }
  }

  @Test("TikTok's pages go on from a moment in milliseconds")
  func pagesByMoment() async throws {
    try await onLoop {
      let transport = StubTransport { request in
        let text = String(decoding: request.body, as: UTF8.self)
        return text.contains("cursor")
          ? ClientResponse(#"{"data":{"has_more":false,"cursor":0},"error":{"code":"ok"}}"#)
          : ClientResponse(
            #"{"data":{"videos":[{"id":"1","create_time":1},{"id":"1","create_time":1},{}],"cursor":1790856000000,"has_more":true},"error":{"code":"ok"}}"#
          )
      }
      let content = TikTokContent(
        base: "https://tiktok.example",
        client: AccountClient(.tiktok, transport)
      )
      let first = try await content.page(after: nil, limit: 20)
      #expect(first.items.map(\.id) == ["1"])
      #expect(first.failures == 1)
      #expect(first.next == "1790856000000")
      let second = try await content.page(after: first.next, limit: 20)
      #expect(second.next == nil)
      #expect(
        String(decoding: transport.requests[1].body, as: UTF8.self)
          == #"{"max_count":20,"cursor":1790856000000}"#
      )
    }
  }

  @Test("TikTok tells of twenty ids at a time which are there")
  func asksTikTok() async throws {
    try await onLoop { () async throws in
      let transport = StubTransport { _ throws(ClientError) in
        ClientResponse(#"{"data":{"videos":[{"id":"2"},{}]},"error":{"code":"ok"}}"#)
      }
      let content = TikTokContent(
        base: "https://tiktok.example",
        client: AccountClient(.tiktok, transport)
      )
      #expect(try await content.existing(of: ["1", "2"]) == ["2"])
      #expect(transport.requests[0].asks("/v2/video/query/"))
      #expect(
        String(decoding: transport.requests[0].body, as: UTF8.self)
          == #"{"filters":{"video_ids":["1","2"]}}"#
      )
    }
  }

  @Test("Instagram tells of one id at a time, and only what it does not know is gone")
  func asksInstagram() async throws {
    try await onLoop { () async throws in
      let transport = StubTransport { request throws(ClientError) in
        switch request.url.split(separator: "?")[0].split(separator: "/").last {
        case "1": ClientResponse(#"{"id":"1"}"#)
        case "2": ClientResponse(#"{"error":{"code":100,"error_subcode":33}}"#, status: 400)
        case "3": ClientResponse(#"{"error":{"code":100}}"#, status: 400)
        default: ClientResponse(#"{"error":{"code":190}}"#, status: 400)
        }
      }
      let base = "https://graph.example/v25.0"
      let content = InstagramContent(
        .media,
        base: base,
        client: AccountClient(.instagram, transport)
      )
      #expect(try await content.existing(of: ["1", "2", "3"]) == ["1", "3"])
      #expect(transport.requests.map(\.url).first == "\(base)/1?fields=id")
      let refusal = await #expect(throws: PlatformFailure.self) {
        try await content.existing(of: ["4"])
      }
      #expect(refusal?.kind == .reauth)
    }
  }

  @Test("hostile texts are cut to what is stored")
  func cutsTexts() {
    #expect(ContentText.title(String(repeating: "ü", count: 5000))?.unicodeScalars.count == 1000)
    #expect(ContentText.title(" \u{00A0}\u{3000} \n\t") == nil)
    #expect(
      ContentText.description(String(repeating: "x", count: 1 << 20))?.utf8.count == 20_000
    )
    #expect(ContentText.tags((0..<10_000).map { "tag\($0)" }).count == 500)
    #expect(ContentText.tags([String(repeating: "x", count: 201), " ", "a", "a"]) == ["a"])
    #expect(ContentText.hashtags(in: String(repeating: "#x", count: 100_000)).count == 1)
    #expect(ContentText.language("en-GB") == "en-GB")
    #expect(ContentText.language("e") == nil)
    #expect(ContentText.language("english!") == nil)
  }
}
