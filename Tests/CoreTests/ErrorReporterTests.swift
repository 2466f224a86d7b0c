import HTTP
import HTTPClient
import JSON
import Loop
import Telemetry
import TestSupport
import Testing

@testable import Core

@Suite("Reporting errors to Sentry", .serialized)
struct ErrorReporterTests {
  @Test(
    "reads the address that Sentry hands out",
    arguments: [
      ("https://abc@o1.ingest.example/42", "https://o1.ingest.example/api/42/envelope/"),
      ("http://abc:def@127.0.0.1:9000/base/7", "http://127.0.0.1:9000/base/api/7/envelope/"),
    ]
  )
  func readsDSN(text: String, endpoint: String) throws {
    let dsn = try #require(ErrorReporter.DSN(text))
    #expect(dsn.endpoint == endpoint)
    #expect(dsn.key == "abc")
  }

  @Test(
    "does not start with an address that is none",
    arguments: ["x", "https://host/1", "https://k@host/", "https://@host/1", "https://:p@host/1"]
  )
  func refusesDSN(text: String) {
    #expect(ErrorReporter.DSN(text) == nil)
  }

  @Test("sends an unexpected error as an envelope, without the secrets in it, and no expected one")
  func delivers() async throws {
    let receiver = try await Receiver()
    let dsn = "http://key@\(receiver.address)/7"
    try await TestFunction.with(FailInWays.self, settings: ["SENTRY_DSN": dsn]) { function in
      let user = try await function.signUp()
      let refused = try await function.send(token: user.token, body: #"{"way":"refusal"}"#)
      #expect(refused.status == 409)
      let failed = try await function.send(token: user.token, body: #"{"way":"sql"}"#)
      let envelope = try await receiver.next()
      #expect(envelope.path == "/api/7/envelope/")
      #expect(envelope.auth.contains("sentry_key=key"))
      let lines = envelope.body.split(separator: "\n").map { try? JSON(parsing: Array($0.utf8)) }
      try #require(lines.count == 3)
      #expect(lines[1]?["type"] == "event")
      #expect(lines[2]?["tags"]?["request_id"] == JSON(failed.headers["x-request-id"]))
      #expect(lines[2]?["logger"] == "fail-in-ways")
      #expect(!envelope.body.contains(user.token))
    }
  }

  /// What is reported at `dsn`, and how many more reports are dropped than were before.
  private func report(
    _ errors: [any Error & Sendable],
    to dsn: String,
    for time: Duration
  ) async throws -> Double {
    try await onLoop {
      let configuration = Configuration(["SENTRY_DSN": dsn])
      let reporter = try #require(try ErrorReporter(configuration, process: "test"))
      let dropped = Metrics.shared.counter("error_reports_dropped_total", "")
      let before = dropped.value
      for error in errors { reporter.report(error, requestID: "r") }
      try await Loop.sleep(for: time)
      let lost = dropped.value - before
      if !errors.isEmpty {
        // Those that have ended leave room.
        reporter.report(errors[0], requestID: "r")
        try await Loop.sleep(for: time)
      }
      return lost
    }
  }

  @Test("sends eight at once and drops what is more, until some have ended")
  func isBounded() async throws {
    let posts = Findings<String>()
    let server = try await HandlerServer { request in
      try? await Loop.sleep(for: .milliseconds(300))
      posts.add(request.path)
      return Response(json: Array("{}".utf8))
    }
    let errors = (0..<11).map { _ in ConfigurationError("x") }
    let dsn = "http://key@\(server.address)/7"
    let lost = try await report(errors, to: dsn, for: .milliseconds(900))
    #expect(lost == 3)
    #expect(await posts.list.count == 9)
  }

  @Test("counts what nobody takes as dropped", arguments: [403, 500])
  func countsUndelivered(status: Int) async throws {
    let server = try await HandlerServer { _ in Response(status: status) }
    let dsn = "http://key@\(server.address)/7"
    let lost = try await report([ConfigurationError("x")], to: dsn, for: .milliseconds(400))
    #expect(lost == 1)
  }

  @Test("hides what looks like a secret in an error's words")
  func redacts() async throws {
    let receiver = try await Receiver()
    let dsn = "http://key@\(receiver.address)/7"
    let error = ConfigurationError("password=hunter2 of a@b.example")
    _ = try await report([error], to: dsn, for: .milliseconds(300))
    let body = try await receiver.next().body
    #expect(body.contains("password=[redacted]"))
    #expect(!body.contains("hunter2") && !body.contains("b.example"))
  }

  @Test("sends nothing of a handler that fails after its time, which its client was told of")
  func leavesOutLateFailures() async throws {
    let receiver = try await Receiver()
    let settings = ["SENTRY_DSN": "http://key@\(receiver.address)/7"]
    try await TestFunction.with(FailLate.self, settings: settings) { function in
      let late = try await function.send(body: #"{"milliseconds":200}"#)
      #expect(late.code == "UPSTREAM_TIMEOUT")
      try await Task.sleep(for: .milliseconds(300))
      let failed = try await function.send(body: #"{"milliseconds":0}"#)
      #expect(failed.code == "INTERNAL")
      let id = try #require(failed.headers["x-request-id"])
      #expect(try await receiver.next().body.contains(id))
    }
  }

  @Test("loses a report rather than a request when it can't be delivered")
  func dropsUndeliverable() async throws {
    let settings = ["SENTRY_DSN": "http://key@127.0.0.1:1/7"]
    try await TestFunction.with(FailInWays.self, settings: settings) { function in
      let user = try await function.signUp()
      let answer = try await function.send(token: user.token, body: #"{"way":"sql"}"#)
      #expect(answer.status == 500)
    }
  }
}

/// Takes what is posted to it.
private struct Receiver {
  struct Post: Sendable {
    let path: String
    let auth: String
    let body: String
  }

  let address: SocketAddress
  private let posts: AsyncStream<Post>
  private let server: Server

  init() async throws {
    let (posts, continuation) = AsyncStream.makeStream(of: Post.self)
    self.posts = posts
    server = try await onLoop {
      let handler = AsyncHandler(
        refusal: { Response(status: $0.status) },
        respond: { request in
          let body = (try? await request.body.collect(upTo: 1_000_000)) ?? []
          continuation.yield(
            Post(
              path: request.path,
              auth: request.header("x-sentry-auth") ?? "",
              body: String(decoding: body, as: UTF8.self)
            )
          )
          return Response(json: Array("{}".utf8))
        }
      )
      guard let address = SocketAddress("127.0.0.1:0") else { throw CancellationError() }
      return try Server(on: address, handler: handler)
    }
    address = await server.address
  }

  func next() async throws -> Post {
    for await post in posts { return post }
    throw CancellationError()
  }
}
