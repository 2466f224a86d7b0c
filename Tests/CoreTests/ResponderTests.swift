import HTTP
import JSON
import Loop
import TestSupport
import Testing

@testable import Core

/// Answers its caller's path; has no database.
@Loop
private final class Echo: Responder {
  nonisolated static let profile = ProcessProfile(
    "echo",
    "Answers its caller's path.",
    paths: ["/echo"],
    login: nil,
    settings: [Setting("ECHO", "what it says")]
  )

  private let word: String
  private let environment: ProcessEnvironment

  init(_ environment: ProcessEnvironment) throws {
    self.environment = environment
    word = try environment.configuration.required(Setting("ECHO", "what it says"))
  }

  func respond(_ context: RequestContext) async -> Response {
    context.headers.append(("x-echo", word))
    if context.request.path == "/fault" {
      environment.report(DeadlinePassed(), requestID: context.requestID)
      return Response(status: 500)
    }
    return Response(body: .bytes(Array(context.request.path.utf8)))
  }

  func refuse(_ error: ProtocolError, requestID: String) -> Response {
    Response(body: .bytes(Array("refused as \(requestID)".utf8)))
  }
}

@Suite("A process that is no function")
struct ResponderTests {
  private func with(_ body: (TestServer) async throws -> Void) async throws {
    try await TestServer.with(Echo.self, login: "edge", settings: ["ECHO": "echo!"], body)
  }

  @Test("answers with the request's id and the headers that belong to every answer")
  func answers() async throws {
    try await with { server in
      let answer = try await server.send("GET", "/a/b", headers: ["x-request-id": "the-one"])
      #expect(answer.status == 200)
      #expect(answer.body == "/a/b")
      #expect(answer.headers["x-request-id"] == "the-one")
      #expect(answer.headers["x-echo"] == "echo!")
      let fault = try await server.send("GET", "/fault")
      #expect(fault.status == 500)
      #expect(fault.headers["x-request-id"]?.isEmpty == false)
    }
  }

  @Test("is healthy without a database", arguments: ["/health", "/health/live"])
  func isHealthy(path: String) async throws {
    try await with { server in
      let answer = try await server.send("GET", path)
      #expect(answer.status == 200)
      #expect(answer.json["status"] == "ok")
      #expect(answer.json["name"] == "echo")
    }
  }

  @Test("refuses in its own words what the reader refuses, under an id")
  func refuses() async throws {
    try await with { server in
      let answer = try await server.send("GET", "/a", headers: ["Transfer-Encoding": "unknown"])
      #expect(answer.status >= 400)
      let id = try #require(answer.headers["x-request-id"])
      #expect(answer.body == "refused as \(id)")
    }
  }

  @Test("says what it is")
  func describes() throws {
    let profile = Echo.profile
    let names = profile.members.map(\.name)
    #expect(
      names == [
        "name", "kind", "version", "summary", "paths", "login", "memory_mb", "local", "settings",
      ]
    )
    let settings = profile.members.first { $0.name == "settings" }?.value
    guard case .array(let list)? = settings else { throw CancellationError() }
    #expect(
      list.map { $0["name"] } == ["LISTEN", "METRICS_LISTEN", "SENTRY_DSN", "LOG_LEVEL", "ECHO"]
    )
  }
}
