import Loop
import Testing

@testable import HTTPClient

@Suite("A failing transfer")
struct FailureTests {
  let server: TestServer

  init() async throws {
    server = try await TestServer.shared
  }

  private func request(
    _ path: String,
    on name: String = "plain",
    method: ClientRequest.Method = .get,
    limits: TransferLimits = TransferLimits()
  ) -> ClientRequest {
    ClientRequest(method, server.url(path, on: name), limits: limits)
  }

  @Test(
    "says what failed",
    arguments: [
      ("/hello", "unused", .refused), ("/hello", "stranger", .tls), ("/hello", "misnamed", .tls),
      ("/hello", "expired", .tls), ("/close", "plain", .disconnected),
      ("/partial", "plain", .disconnected), ("/partial", "tls", .disconnected),
      ("/garbage", "plain", .invalidResponse), ("/broken-gzip", "plain", .invalidResponse),
    ] as [(String, String, ClientError.Kind)]
  )
  func saysWhat(path: String, name: String, expected: ClientError.Kind) async {
    let result = await server.send(request(path, on: name))
    #expect(result.kind == expected)
  }

  @Test("says that a name has no address")
  func findsNoAddress() async {
    let result = await server.send(ClientRequest(.get, "https://nowhere.invalid/"))
    #expect(result.kind == .unresolvable)
  }

  @Test(
    "ends when its time is over",
    arguments: [
      ("/silent", "plain", TransferLimits(total: .milliseconds(200))),
      ("/drip", "plain", TransferLimits(total: .milliseconds(200))),
      ("/hello", "hole", TransferLimits(connect: .milliseconds(200))),
      ("/hello", "hole", TransferLimits(total: .milliseconds(200))),
    ]
  )
  func timesOut(path: String, name: String, limits: TransferLimits) async {
    let start = Instant.now
    let result = await server.send(request(path, on: name, limits: limits))
    #expect(result.kind == .timeout)
    #expect((.milliseconds(190) ... .seconds(10)).contains(Instant.now - start))
  }

  @Test("ends when its time is over while it waits for a connection")
  func timesOutWaiting() async throws {
    let silent = request("/silent?key=\(uniqueKey())", limits: TransferLimits(total: .seconds(15)))
    let waiting = request("/hello", limits: TransferLimits(total: .milliseconds(300)))
    let (kind, waited) = await server.client { client in
      let busy = (0..<32).map { _ in Loop.task { _ = await client.result(of: silent) } }
      try? await Loop.sleep(for: .milliseconds(100))
      let start = Instant.now
      let kind = await client.result(of: waiting).kind
      let waited = Instant.now - start
      for task in busy { task.cancel() }
      return (kind, waited)
    }
    #expect(kind == .timeout)
    #expect(waited < .seconds(10))
  }

  @Test("ends a chain of redirects when the time of all of it is over")
  func timesOutRedirects() async {
    var asking = request(
      "/redirect?status=302&to=/silent",
      limits: TransferLimits(total: .milliseconds(300))
    )
    asking.redirects = 3
    let start = Instant.now
    let result = await server.send(asking)
    #expect(result.kind == .timeout)
    #expect(Instant.now - start < .seconds(10))
  }

  @Test(
    "ends when the body is larger than its limit",
    arguments: [
      "/sized?size=100001", "/chunked?size=100001", "/chunked?size=500000000",
      "/claims?size=100001", "/claims?size=99999999999999999999", "/bomb",
    ]
  )
  func limitsBodies(path: String) async {
    let before = ProcessMemory.peak
    let result = await server.send(request(path, limits: TransferLimits(body: 100_000)))
    #expect(result.kind == .tooLarge)
    #expect(ProcessMemory.peak - before < 64 << 20)
  }

  @Test("brings a body that is as large as its limit", arguments: ["/sized", "/chunked"])
  func bringsFullBodies(path: String) async throws {
    let limits = TransferLimits(body: 100_000)
    let response = try await server.send(request("\(path)?size=100000", limits: limits)).get()
    #expect(response.body.count == 100_000)
  }

  @Test("ends when the header fields are larger than their limit")
  func limitsHeaders() async throws {
    let limits = TransferLimits(head: 10_000)
    #expect(await server.send(request("/fields?size=20000", limits: limits)).kind == .tooLarge)
    #expect(await server.send(request("/fields?size=8000", limits: limits)).kind == nil)
    #expect(await server.send(request("/fields?size=70000")).kind == .tooLarge)
    #expect(await server.send(request("/endless-field")).kind == .tooLarge)
    #expect(await server.send(request("/endless-interim")).kind == .tooLarge)
  }

  @Test("doesn't send a POST twice when the connection breaks before the answer")
  func doesNotRepeat() async throws {
    for (method, mayRepeat, expected) in [
      (.post, nil, 2), (.patch, nil, 2), (.get, nil, 3), (.post, true, 3), (.get, false, 2),
    ] as [(ClientRequest.Method, Bool?, Int)] {
      let key = uniqueKey()
      let first = request("/first-only?key=\(key)")
      var second = ClientRequest(method, first.url, mayRepeat: mayRepeat)
      second.body = method == .get ? [] : [1]
      let (sent, kind) = await server.client { [second] client in
        let sent = await client.result(of: first).kind == nil
        return (sent, await client.result(of: second).kind)
      }
      #expect(sent)
      #expect(kind == (expected == 2 ? .disconnected : nil), "\(method)")
      #expect(try await server.seen(key).requests == expected, "\(method)")
    }
  }

  @Test("ends when its task is cancelled, and the server sees it go")
  func isCancelled() async throws {
    let key = uniqueKey()
    let asking = request("/silent?key=\(key)")
    let waiting = await server.client { client in
      Loop.task { await client.result(of: asking).kind }
    }
    var seen = try await server.seen(key)
    while seen.requests == 0 { seen = try await server.seen(key) }
    waiting.cancel()
    #expect(await waiting.value == .cancelled)
    for _ in 0..<500 where seen.lost == 0 {
      try await Task.sleep(for: .milliseconds(20))
      seen = try await server.seen(key)
    }
    #expect(seen.requests == 1 && seen.lost == 1)
  }

  @Test("is not even sent when its task was cancelled before")
  func isCancelledBefore() async throws {
    let key = uniqueKey()
    let asking = request("/hello?key=\(key)")
    let kind = await server.client { client in
      let task = Loop.task {
        try? await Loop.sleep(for: .seconds(60))
        return await client.result(of: asking).kind
      }
      task.cancel()
      return await task.value
    }
    #expect(kind == .cancelled)
    #expect(try await server.seen(key).requests == 0)
  }

  @Test("leaves the others on their way")
  func leavesOthersAlone() async throws {
    let (silent, quick) = (request("/silent"), request("/wait?seconds=0.3"))
    let text = await server.client { client in
      let cancelled = Loop.task { await client.result(of: silent).kind }
      let staying = Loop.task { (try? await client.result(of: quick).get())?.text }
      try? await Loop.sleep(for: .milliseconds(100))
      cancelled.cancel()
      return await staying.value
    }
    #expect(text == "waited")
  }

  @Test(
    "tells nothing of its request but the host",
    arguments: [
      ("unused", "/hello"), ("stranger", "/hello"), ("plain", "/close"), ("plain", "/partial"),
      ("plain", "/garbage"), ("plain", "/broken-gzip"), ("plain", "/silent"),
      ("plain", "/sized?size=1000000"), ("plain", "/redirect?status=302"),
    ]
  )
  func leaksNothing(name: String, path: String) async throws {
    let secret = "s3cr3t"
    var asking = ClientRequest(
      .post,
      server.url(
        "\(path)\(path.contains("?") ? "&" : "?")to=https://\(secret):x@a/&token=\(secret)",
        on: name
      ),
      headers: ["Authorization": "Bearer \(secret)", "X-\(secret)": "1"],
      body: Array(secret.utf8),
      limits: TransferLimits(total: .milliseconds(500), body: 1000)
    )
    asking.redirects = 1
    let result = await server.send(asking)
    guard case .failure(let error) = result else {
      Issue.record("there was an answer")
      return
    }
    var dumped = ""
    dump(error, to: &dumped)
    for text in [error.description, "\(error)", String(reflecting: error), dumped] {
      #expect(!text.contains(secret) && !text.contains("token"), "\(text)")
    }
    #expect(error.host == "127.0.0.1")
  }

  @Test("tells nothing of a URL that it refuses")
  func leaksNothingOfURLs() async {
    for url in ["https://u:s3cr3t@example.com/", "ftp://example.com/s3cr3t", "s3cr3t"] {
      let result = await server.send(ClientRequest(.get, url))
      #expect(result.kind == .invalidURL)
      #expect(!"\(result)".contains("s3cr3t"))
    }
  }
}
