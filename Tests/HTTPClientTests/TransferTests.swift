import FoundationEssentials
import Loop
import Testing

@testable import HTTPClient

@Suite("A transfer")
struct TransferTests {
  let server: TestServer

  init() async throws {
    server = try await TestServer.shared
  }

  private struct Echo: Decodable {
    var method: String
    var target: String
    var fields: [[String]]
    var body: String

    subscript(name: String) -> [String] {
      fields.filter { $0[0] == name }.map { $0[1] }
    }
  }

  private func echo(_ request: ClientRequest) async throws -> Echo {
    let response = try await server.send(request).get()
    return try JSONDecoder().decode(Echo.self, from: Data(response.body))
  }

  @Test("brings status, header fields and body")
  func answers() async throws {
    let response = try await server.send(ClientRequest(.get, server.url("/values"))).get()
    #expect(response.status == 200 && response.isSuccess)
    #expect(response.text == "x")
    #expect(response.headers["content-length"] == "1")
    #expect(response.headers.values("X-TWO") == ["a", "b"])
    #expect(response.headers["x-empty"] == "")
    #expect(response.headers["x-colon"] == "a:b")
    #expect(response.headers["absent"] == nil)
  }

  @Test("takes any status for an answer", arguments: [201, 204, 304, 400, 401, 404, 429, 500, 503])
  func takesAnyStatus(status: Int) async throws {
    let response = try await server.send(
      ClientRequest(.get, server.url("/status?status=\(status)"))
    )
    .get()
    #expect(response.status == status)
  }

  @Test(
    "sends method, target, header fields and body",
    arguments: [
      (.get, ""), (.delete, ""), (.delete, "{}"), (.post, "{\"a\":1}"), (.post, ""), (.put, "x"),
      (.patch, "é"),
    ] as [(ClientRequest.Method, String)]
  )
  func sends(method: ClientRequest.Method, body: String) async throws {
    let echo = try await echo(
      ClientRequest(
        method,
        server.url("/echo?a=b%20c&d=é#part"),
        headers: ["X-One": "1", "x-empty": "", "Authorization": "Bearer t"],
        body: Array(body.utf8)
      )
    )
    #expect(echo.method == method.rawValue)
    #expect(echo.target == "/echo?a=b%20c&d=%c3%a9" || echo.target == "/echo?a=b%20c&d=%C3%A9")
    #expect(echo.body == body)
    #expect(echo["x-one"] == ["1"])
    #expect(echo["x-empty"] == [""])
    #expect(echo["authorization"] == ["Bearer t"])
    #expect(echo["accept-encoding"] == ["gzip"])
    #expect(echo["user-agent"] == ["StreamVibe/1"])
    #expect(echo["content-type"] == [])
    #expect(echo["expect"] == [])
    #expect(echo["content-length"].first ?? "0" == "\(body.utf8.count)")
    #expect(echo["transfer-encoding"] == [])
    #expect(echo["host"] == ["127.0.0.1:\(server.ports["plain"] ?? 0)"])
  }

  @Test("sends a large body without waiting to be asked for it")
  func sendsLargeBodies() async throws {
    let body = [UInt8](repeating: UInt8(ascii: "b"), count: 3 << 20)
    let echo = try await echo(ClientRequest(.post, server.url("/echo"), body: body))
    #expect(echo.body.utf8.count == body.count)
    #expect(echo["expect"] == [])
  }

  @Test("of a HEAD request brings no body")
  func sendsHead() async throws {
    let limits = TransferLimits(body: 10)
    let request = ClientRequest(.head, server.url("/sized?size=5000"), limits: limits)
    let response = try await server.send(request).get()
    #expect(response.status == 200 && response.body.isEmpty)
    #expect(response.headers["content-length"] == "5000")
  }

  @Test("lets the caller say what the body is and who asks")
  func sendsOwnFields() async throws {
    let echo = try await echo(
      ClientRequest(
        .post,
        server.url("/echo"),
        headers: ["Content-Type": "application/json", "user-agent": "Other/2"],
        body: [0x7B, 0x7D]
      )
    )
    #expect(echo["content-type"] == ["application/json"])
    #expect(echo["user-agent"] == ["Other/2"])
  }

  @Test(
    "is refused when a header field could smuggle something in",
    arguments: [
      ("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "a\0b"), ("X\r\nY", "a"), ("X Y", "a"), ("", "a"),
      ("X:", "a"), ("Content-Length", "5"), ("transfer-encoding", "chunked"), ("Host", "other"),
      ("Connection", "close"), ("X\u{E9}", "a"), ("X", "\u{7F}"),
    ]
  )
  func refusesFields(name: String, value: String) async {
    var headers = HeaderFields()
    headers.append(name, value)
    let result = await server.send(ClientRequest(.get, server.url("/hello"), headers: headers))
    #expect(result.kind == .invalidRequest)
  }

  @Test(
    "is refused when a GET or HEAD has a body",
    arguments: [.get, .head] as [ClientRequest.Method]
  )
  func refusesBodies(method: ClientRequest.Method) async {
    let result = await server.send(ClientRequest(method, server.url("/hello"), body: [1]))
    #expect(result.kind == .invalidRequest)
  }

  @Test("unzips what was zipped for it")
  func unzips() async throws {
    let response = try await server.send(ClientRequest(.get, server.url("/gzip"))).get()
    #expect(response.text == String(repeating: "zipped ", count: 100))
  }

  @Test("reads chunks and leaves trailers out", arguments: [0, 1, 100_000])
  func readsChunks(size: Int) async throws {
    let response = try await server.send(ClientRequest(.get, server.url("/chunked?size=\(size)")))
      .get()
    #expect(response.body.count == size)
    #expect(response.headers["x-after"] == nil)
    #expect(response.headers["transfer-encoding"] == "chunked")
  }

  @Test("passes over interim answers")
  func skipsInterim() async throws {
    let response = try await server.send(ClientRequest(.get, server.url("/interim"))).get()
    #expect(response.status == 200 && response.text == "final")
    #expect(response.headers["link"] == nil)
  }

  @Test("shares one HTTP/2 connection with those that come after")
  func sharesConnections() async throws {
    let url = server.url("/", on: "h2")
    let before = try await server.seen("h2").connections
    await server.client { client in
      for _ in 0..<10 { _ = await client.result(of: ClientRequest(.get, url)) }
    }
    // Another test's connection may have come meanwhile.
    #expect((1...2).contains(try await server.seen("h2").connections - before))
  }

  @Test("uses few connections for two hundred at once, and keeps them alive")
  func keepsConnectionsAlive() async throws {
    let key = uniqueKey()
    let url = server.url("/hello?key=\(key)")
    let statuses = await server.client { client -> [Int] in
      var statuses: [Int] = []
      for _ in 0..<2 {
        var tasks: [Task<Int, Never>] = []
        for _ in 0..<200 {
          tasks.append(
            Loop.task {
              let result = await client.result(of: ClientRequest(.get, url))
              return (try? result.get())?.status ?? 0
            }
          )
        }
        for task in tasks { statuses.append(await task.value) }
      }
      return statuses
    }
    let seen = try await server.seen(key)
    #expect(statuses.count == 400 && statuses.allSatisfy { $0 == 200 })
    #expect(seen.requests == 400)
    #expect(seen.connections <= 64)
  }

  @Test("gives idle connections up after a while, never busy ones, and makes new ones")
  func closesIdleConnections() async throws {
    let key = uniqueKey()
    let request = ClientRequest(.get, server.url("/hello?key=\(key)"))
    let slow = ClientRequest(.get, server.url("/wait?seconds=2&key=\(key)"))
    let failures = await Loop.task { () -> [ClientError.Kind?] in
      let client = Client(transport: CurlTransport(idleTime: .seconds(1)))
      var kinds = [await client.result(of: request).kind, await client.result(of: slow).kind]
      try? await Loop.sleep(for: .milliseconds(2500))
      kinds.append(await client.result(of: request).kind)
      return kinds
    }.value
    let seen = try await server.seen(key)
    #expect(failures == [nil, nil, nil])
    #expect(seen.connections == 2 && seen.closed >= 1)
  }

  @Test("lets a slow one not hold up the others")
  func runsSideBySide() async throws {
    let (slow, quick) = (server.url("/wait?seconds=3"), server.url("/hello"))
    let waited = await server.client { client -> Duration? in
      let start = Instant.now
      let waiting = Loop.task { await client.result(of: ClientRequest(.get, slow)).kind }
      guard await client.result(of: ClientRequest(.get, quick)).kind == nil else { return nil }
      let waited = Instant.now - start
      return await waiting.value == nil ? waited : nil
    }
    #expect(try #require(waited) < .milliseconds(2500))
  }
}
