import Loop
import Testing
import TestSupport

@testable import HTTPClient

/// Answers from a table instead of the network, and notes what was sent.
@Loop
private final class ScriptedTransport: Transport {
  var answers: [ClientResponse]
  private(set) var requests: [ClientRequest] = []

  init(_ answers: [ClientResponse]) {
    self.answers = answers
  }

  func send(_ request: ClientRequest) async throws(ClientError) -> ClientResponse {
    requests.append(request)
    return answers.isEmpty ? ClientResponse(status: 200) : answers.removeFirst()
  }
}

@Suite("A redirect")
struct RedirectTests {
  init() { TestLoop.start() }

  private struct Outcome: Sendable {
    var result: Result<ClientResponse, ClientError>
    var requests: [ClientRequest]
  }

  private func send(_ request: ClientRequest, _ hops: (Int, String)...) async -> Outcome {
    let answers = hops.map { ClientResponse(status: $0.0, headers: ["Location": $0.1]) }
    return await Loop.task {
      let transport = ScriptedTransport(answers)
      let result = await Client(transport: transport).result(of: request)
      return Outcome(result: result, requests: transport.requests)
    }.value
  }

  private func request(
    _ method: ClientRequest.Method = .get,
    _ url: String = "https://a.example/x/y?q=1",
    redirects: Int = 3
  ) -> ClientRequest {
    ClientRequest(
      method,
      url,
      headers: [
        "Authorization": "Bearer secret", "Cookie": "a=b", "apikey": "k", "Accept": "x/y",
        "Content-Type": "a/b",
      ],
      body: method == .get || method == .head ? [] : [1],
      redirects: redirects
    )
  }

  @Test("is an answer like any other unless it was asked to be followed")
  func isReturned() async {
    let outcome = await send(request(redirects: 0), (302, "https://a.example/z"))
    #expect((try? outcome.result.get())?.status == 302)
    #expect(outcome.requests.count == 1)
  }

  @Test("is never followed for users' URLs")
  func isReturnedToUsers() async {
    var asking = request()
    asking.addresses = .public
    let outcome = await send(asking, (302, "https://a.example/z"))
    #expect((try? outcome.result.get())?.status == 302)
    #expect(outcome.requests.count == 1)
  }

  @Test(
    "resolves its target",
    arguments: [
      ("https://b.example/z", "https://b.example/z"), ("/z", "https://a.example/z"),
      ("z?r=2", "https://a.example/x/z?r=2"), ("//b.example/z", "https://b.example/z"),
      ("../z", "https://a.example/z"), ("?r=2", "https://a.example/x/y?r=2"),
    ]
  )
  func resolves(location: String, expected: String) async {
    let outcome = await send(request(), (302, location))
    #expect(outcome.requests.map(\.url) == ["https://a.example/x/y?q=1", expected])
  }

  @Test(
    "changes the method as RFC 9110 says",
    arguments: [
      (301, .post, .get), (302, .post, .get), (303, .post, .get), (303, .put, .get),
      (303, .head, .head), (301, .get, .get), (302, .put, .put), (307, .post, .post),
      (308, .post, .post), (308, .delete, .delete),
    ] as [(Int, ClientRequest.Method, ClientRequest.Method)]
  )
  func changesMethod(
    status: Int,
    method: ClientRequest.Method,
    expected: ClientRequest.Method
  ) async {
    let outcome = await send(request(method), (status, "/z"))
    let next = outcome.requests.last
    #expect(outcome.requests.count == 2)
    #expect(next?.method == expected)
    #expect(next?.body.isEmpty == (expected == .get || expected == .head))
    #expect((next?.headers["content-type"] == nil) == (method != expected))
    #expect(next?.headers["authorization"] == "Bearer secret")
  }

  @Test(
    "takes no credentials to another origin",
    arguments: [
      "https://b.example/z", "https://a.example:8443/z", "https://a.example.b.example/z",
      "//b.example",
    ]
  )
  func dropsCredentials(location: String) async {
    let outcome = await send(request(), (302, location))
    let headers = outcome.requests.last?.headers
    #expect(outcome.requests.count == 2)
    #expect(headers.map { $0.map(\.name) } == ["Accept", "Content-Type"])
  }

  @Test("keeps them on the same origin, however it is written")
  func keepsCredentials() async {
    let outcome = await send(request(), (302, "https://A.example:443/z"))
    #expect(outcome.requests.last?.headers["authorization"] == "Bearer secret")
  }

  @Test("doesn't come back to credentials that were dropped")
  func staysDropped() async {
    let outcome = await send(
      request(),
      (302, "https://b.example/z"),
      (302, "https://a.example/back")
    )
    #expect(outcome.requests.count == 3)
    #expect(outcome.requests.last?.headers["authorization"] == nil)
  }

  @Test(
    "is refused where it may not lead",
    arguments: [
      (.get, "https://a.example/", 302, "http://a.example/"),
      (.get, "https://a.example/", 302, "http://127.0.0.1/"),
      (.get, "https://127.0.0.1/", 302, "http://127.0.0.1/"),
      (.get, "https://a.example/", 302, "https://127.0.0.1/"),
      (.get, "https://a.example/", 302, "https://localhost/"),
      (.get, "http://127.0.0.1/", 302, "http://a.example/"),
      (.get, "https://a.example/", 302, "file:///etc/passwd"),
      (.get, "https://a.example/", 302, "ftp://a.example/"),
      (.get, "https://a.example/", 302, "https://u:p@a.example/"),
      (.get, "https://a.example/", 302, "https://"),
      (.get, "https://a.example/", 302, "https://a b/"),
      (.post, "https://a.example/", 307, "https://b.example/"),
      (.post, "https://a.example/", 308, "https://b.example/"),
      (.put, "https://a.example/", 302, "https://b.example/"),
    ] as [(ClientRequest.Method, String, Int, String)]
  )
  func isRefused(
    method: ClientRequest.Method,
    url: String,
    status: Int,
    location: String
  ) async {
    let outcome = await send(request(method, url), (status, location))
    #expect(outcome.result.kind == .redirect)
    #expect(outcome.requests.count == 1)
  }

  @Test("ends when there were too many")
  func isCounted() async {
    let hop = (302, "/again")
    let enough = await send(request(redirects: 2), hop, hop)
    #expect((try? enough.result.get())?.status == 200)
    let tooMany = await send(request(redirects: 2), hop, hop, hop)
    #expect(tooMany.result.kind == .redirect)
    #expect(tooMany.requests.count == 3)
  }

  @Test("shares the time of the first request")
  func sharesTime() async {
    let outcome = await send(request(), (302, "/z"))
    let limits = outcome.requests.map(\.limits.total)
    #expect(limits.count == 2 && limits[1] < limits[0] && limits[1] > limits[0] - .seconds(5))
  }

  @Test("without a target, or with another status, is an answer", arguments: [300, 304, 305, 200])
  func isNoRedirect(status: Int) async {
    let outcome = await send(request(), (status, "/z"))
    #expect((try? outcome.result.get())?.status == status)
    #expect(outcome.requests.count == 1)
  }
}
