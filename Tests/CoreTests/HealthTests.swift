import HTTP
import JSON
import Loop
import TestSupport
import Testing

@testable import Core

@Suite("Health")
struct HealthTests {
  @Test("is asked for with GET or HEAD and kept by nobody")
  func isAskedFor() async throws {
    try await TestFunction.with(WhoAmI.self) { function async throws in
      let ready = try await function.send("GET", "/health")
      #expect(ready.headers["cache-control"] == "no-store")
      #expect(ready.headers["x-request-id"]?.isEmpty == false)
      #expect(try await function.send("HEAD", "/health").status == 200)
      for path in ["/health", "/health/live"] {
        let posted = try await function.send("POST", path)
        #expect(posted.status == 405)
        #expect(posted.headers["allow"] == "GET, HEAD")
      }
      let alive = try await function.send("GET", "/health/live")
      #expect(alive.json["checks"] == .object([]))
    }
    let nowhere = ["DATABASE_URL": "host=127.0.0.1 port=1 dbname=x user=y"]
    try await TestFunction.with(WhoAmI.self, settings: nowhere) { function async throws in
      let ready = try await function.send("GET", "/health")
      #expect(ready.json["status"] == "unavailable")
      #expect(ready.headers["retry-after"] == "1")
      #expect(ready.headers["cache-control"] == "no-store")
    }
  }

  @Test("of the database is asked for anew after a second, and not before")
  func isFresh() async throws {
    try await TestFunction.with(WhoAmI.self) { function async throws in
      // One that was asked for anew has another latency.
      @Sendable func latency() async throws -> String {
        let answer = try await function.send("GET", "/health")
        return "\(answer.json["checks"]?["database"]?["latency_ms"] ?? .null)"
      }
      let first = try await latency()
      let soon = try await storm(of: 20) { try await latency() }
      #expect(soon.contains(first))
      #expect(Set(soon).count < 10)
      var later: Set<String> = []
      for _ in 0..<2 {
        try await Task.sleep(for: .milliseconds(1200))
        later.insert(try await latency())
      }
      #expect(later != [first])
    }
  }
}

@Suite("A running process")
struct RunningProcessTests {
  @Test("answers for its metrics on a listener of their own, which closes with it")
  func showsMetrics() async throws {
    let path = "/tmp/streamvibe-test-metrics-\(UInt64.random(in: 0...UInt64.max))"
    let address = try #require(SocketAddress("unix:\(path)"))
    func ask(_ path: String) throws -> String {
      let client = try RawClient(address)
      client.send(HandlerServer.request("GET \(path) HTTP/1.1", ["Connection: close"]))
      return client.readAll()
    }
    try await TestFunction.with(FailInWays.self, settings: ["METRICS_LISTEN": "unix:\(path)"]) {
      function async throws in
      let before = try ask("/metrics")
      #expect(before.hasPrefix("HTTP/1.1 200 "))
      #expect(before.contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
      let user = try await function.signUp()
      for way in ["refusal", "sql"] {
        _ = try await function.send(token: user.token, body: "{\"way\":\"\(way)\"}")
      }
      let after = try ask("/metrics")
      for name in [
        "http_requests_total{method=\"POST\",status=\"409\"}",
        "http_request_duration_seconds_count", "db_statement_failures_total{statement=",
        "db_statement_duration_seconds_count{statement=",
        "db_connections_open",
      ] {
        #expect(after.contains(name), "\(name)")
      }
      func latencies(_ text: String) -> Substring? {
        text.split(separator: "\n").first { $0.hasPrefix("http_request_duration_seconds_count") }
      }
      #expect(latencies(before) != latencies(after))
      #expect(try ask("/other").hasPrefix("HTTP/1.1 404 "))
    }
    #expect(throws: SystemError.self) { _ = try ask("/metrics") }
  }

  @Test("finishes what is under way when it is stopped, tells its responder, and closes all")
  func stops() async throws {
    let stopped = Findings<Bool>()
    let (address, running) = try await onLoop {
      Stopping.stopped = stopped
      let running = try RunningResponder(Stopping.self, Configuration(["LISTEN": "127.0.0.1:0"]))
      return (running.address, running)
    }
    let client = try RawClient(address)
    client.send(HandlerServer.request("GET / HTTP/1.1"))
    for _ in 0..<50 { try await onLoop { try await Loop.sleep(for: .milliseconds(1)) } }
    await running.stop(within: .seconds(5))
    #expect(client.readAll().hasSuffix("done"))
    #expect(await stopped.list == [true])
    #expect(throws: SystemError.self) { _ = try RawClient(address) }
  }

  @Test("closes its database when it is stopped")
  func closesDatabase() async throws {
    try await TestFunction.with(WhoAmI.self) { function async throws in
      let settings = [
        "LISTEN": "127.0.0.1:0", "DATABASE_URL": function.database.url(user: "edge"),
      ]
      let (address, running) = try await onLoop {
        let running = try RunningResponder(FunctionResponder<WhoAmI>.self, Configuration(settings))
        return (running.address, running)
      }
      let client = try RawClient(address)
      client.send(HandlerServer.request("GET /who-am-i HTTP/1.1", ["Connection: close"]))
      #expect(client.readAll().hasPrefix("HTTP/1.1 200 "))
      func sessions() async throws -> String {
        try await function.database.psql(
          """
          select count(*) from pg_stat_activity
          where datname = current_database() and usename = 'edge'
          """
        ).filter { !$0.isWhitespace }
      }
      #expect(try await sessions() != "0")
      await running.stop(within: .zero)
      for _ in 0..<50 where try await sessions() != "0" {}
      #expect(try await sessions() == "0")
    }
  }
}

/// Takes a while for each answer, and says when it is stopped.
@Loop
private final class Stopping: Responder {
  nonisolated static let profile = ProcessProfile(
    "stopping",
    "Takes a while.",
    paths: ["/"],
    login: nil,
    settings: []
  )
  static var stopped: Findings<Bool>?

  init(_ environment: ProcessEnvironment) throws {}

  func respond(_ context: RequestContext) async -> Response {
    try? await Loop.sleep(for: .milliseconds(300))
    return Response(body: .bytes(Array("done".utf8)))
  }

  func refuse(_ error: ProtocolError, requestID: String) -> Response { Response() }

  func stop() async { Self.stopped?.add(true) }
}
