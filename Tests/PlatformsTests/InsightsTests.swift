import HTTPClient
import Loop
import TestSupport
import Testing

@testable import Platforms

@Suite("Instagram's views and shares") struct InsightsTests {
  /// A page of three, and a second of one.
  ///
  /// - Parameter usage: in percent, after so many calls for insights.
  @Loop
  private static func network(
    usage: @escaping @Loop (_ asked: Int) -> Int = { _ in 0 },
    insights: @escaping @Loop (_ id: String) throws(ClientError) -> ClientResponse = { told($0) }
  ) -> StubTransport {
    let asked = Findings<String>()
    return StubTransport { (request) throws(ClientError) in
      let path = request.url.split(separator: "?")[0].split(separator: "/").map(String.init)
      var response: ClientResponse
      if path.last == "insights" {
        asked.add(request.url)
        response = try insights(path[path.count - 2])
      } else if request.parameter("after") == "c" || path.last == "stories" {
        response = ClientResponse("{\"data\":[\(media("9"))]}")
      } else {
        response = ClientResponse(
          """
          {"data":[\(media("1")),\(media("2")),\(media("3"))],\
          "paging":{"next":"https://a.example/","cursors":{"after":"c"}}}
          """
        )
      }
      response.headers["x-app-usage"] =
        #"{"call_count":\#(usage(asked.list.count)),"total_time":1}"#
      return response
    }
  }

  private static func media(_ id: String) -> String {
    #"{"id":"\#(id)","media_type":"IMAGE","timestamp":"2026-10-01T12:00:00+0000"}"#
  }

  private static func told(_ id: String) -> ClientResponse {
    ClientResponse(
      """
      {"data":[{"name":"views","period":"lifetime","values":[{"value":1\(id)}]},\
      {"name":"reach","values":[{"value":7}]},{"name":"shares","values":[{"value":2\(id)}]}]}
      """
    )
  }

  private static func refused(_ code: Int, status: Int = 400) -> ClientResponse {
    ClientResponse(#"{"error":{"code":\#(code),"message":"no"}}"#, status: status)
  }

  @Loop
  private static func content(
    _ network: StubTransport,
    _ shelf: InstagramContent.Shelf = .media
  ) -> InstagramContent {
    let client = AccountClient(.instagram, network)
    return InstagramContent(shelf, base: "https://graph.example/v25.0", client: client)
  }

  @Loop
  private static func asked(_ network: StubTransport) -> [String] {
    network.requests.map(\.url).filter { $0.contains("/insights") }
  }

  @Test("are read for the newest page, a call for each media")
  @Loop
  func areRead() async throws {
    let network = Self.network()
    let content = Self.content(network)
    let newest = try await content.page(after: nil, limit: 50)
    #expect(newest.items.map(\.views) == [11, 12, 13])
    #expect(newest.items.map(\.shares) == [21, 22, 23])
    #expect(
      Self.asked(network)
        == ["1", "2", "3"].map {
          "https://graph.example/v25.0/\($0)/insights?metric=views%2Cshares"
        }
    )
    let older = try await content.page(after: newest.next, limit: 50)
    let stories = try await Self.content(network, .stories).page(after: nil, limit: 50)
    #expect((older.items + stories.items).map(\.views) == [nil, nil])
    #expect(Self.asked(network).count == 3)
  }

  @Test("are not asked for where the owner has not allowed that")
  @Loop
  func needTheScope() async throws {
    let network = Self.network()
    let client = AccountClient(.instagram, network, scopes: ["instagram_business_basic"])
    let content = InstagramContent(.media, base: "https://graph.example", client: client)
    #expect(try await content.page(after: nil, limit: 50).items.map(\.views) == [nil, nil, nil])
    #expect(Self.asked(network).isEmpty)
  }

  @Test("leave half of Instagram's limits to the rest", arguments: [(50, 0), (49, 1), (48, 2)])
  @Loop
  func leaveRoom(_ before: Int, _ calls: Int) async throws {
    let network = Self.network(usage: { before + $0 })
    let page = try await Self.content(network).page(after: nil, limit: 50)
    #expect(page.items.compactMap(\.views).count == calls)
    #expect(Self.asked(network).count == calls)
    #expect(page.items.count == 3)
  }

  @Test(
    "are left out when they are refused, and nothing else is",
    arguments: [
      (refused(100), 3), (refused(10), 1), (refused(4, status: 429), 1),
      (refused(2, status: 500), 1), (ClientResponse("<html>"), 1), (ClientResponse("{}"), 3),
      (ClientResponse(#"{"data":[{"name":"views","values":[{"value":-1}]}]}"#), 3),
    ]
  )
  @Loop
  func areLeftOut(_ answer: ClientResponse, _ calls: Int) async throws {
    let network = Self.network(insights: { (_) throws(ClientError) in answer })
    let content = Self.content(network)
    let page = try await content.page(after: nil, limit: 50)
    #expect(page.items.map(\.id) == ["1", "2", "3"])
    #expect(page.items.compactMap(\.views).isEmpty)
    #expect(page.failures == 0)
    #expect(Self.asked(network).count == calls)
    #expect(try await content.page(after: page.next, limit: 50).items.count == 1)
  }

  @Test("are those of the others when one media has none")
  @Loop
  func areOfTheOthers() async throws {
    let network = Self.network(insights: { (id) throws(ClientError) in
      id == "2" ? Self.refused(100) : Self.told(id)
    })
    let page = try await Self.content(network).page(after: nil, limit: 50)
    #expect(page.items.map(\.views) == [11, nil, 13])
  }

  @Test("are not waited for when no answer comes")
  @Loop
  func areNotWaitedFor() async throws {
    let network = Self.network(insights: { (_) throws(ClientError) in throw ClientError(.timeout) })
    let page = try await Self.content(network).page(after: nil, limit: 50)
    #expect(page.items.count == 3)
    #expect(Self.asked(network).count == 1)
  }
}
