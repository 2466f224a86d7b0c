import JSON
import TestSupport
import Testing

@testable import rest

/// REST in the test's process, on a database with the tables of `Tests/rest/fixture.sql`.
struct RestServer {
  let server: TestServer

  private static let template = TestDatabase.Template(on: TestServer.migrated) { url in
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    try await ChildProcess.run([
      "/usr/lib/postgresql/15/bin/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url,
      "-f", "/\(root)/Tests/rest/fixture.sql",
    ])
  }

  static func with(
    settings: [String: String] = [:],
    _ body: (RestServer) async throws -> Void
  ) async throws {
    try await TestServer.with(
      Rest.self,
      login: "authenticator",
      settings: settings,
      template: template
    ) { server in
      try await body(RestServer(server: server))
    }
  }

  enum Role {
    case anon, service, nobody
    case user(String)

    var token: String? {
      get throws {
        switch self {
        case .anon: try TestKeys.shared.token(role: "anon", [:])
        case .service: try TestKeys.shared.token(role: "service_role", [:])
        case .user(let id): try TestKeys.shared.userToken(id)
        case .nobody: nil
        }
      }
    }
  }

  /// - Parameter path: as a person would write it; what a URL can't hold is encoded.
  func send(
    _ method: String,
    _ path: String,
    _ body: String? = nil,
    as role: Role = .service,
    _ headers: [String: String] = [:]
  ) async throws -> TestAnswer {
    try await server.send(
      method,
      "/rest/v1" + Self.encode(path),
      token: try role.token,
      body: body,
      headers: headers
    )
  }

  func get(
    _ path: String,
    as role: Role = .service,
    _ headers: [String: String] = [:]
  ) async throws -> TestAnswer {
    try await send("GET", path, as: role, headers)
  }

  /// Sends each request and holds its answer against what is wanted of it; reads twice, so that the
  /// second time a plan is there already.
  func check(_ cases: [Case]) async throws {
    for wanted in cases.flatMap({ $0.isRead ? [$0, $0] : [$0] }) {
      let answer = try await send(
        wanted.method,
        wanted.path,
        wanted.body,
        as: wanted.role,
        wanted.headers
      )
      let what: Comment = "\(wanted.method) \(wanted.path) → \(answer.status) \(answer.body)"
      #expect(answer.status == wanted.status, what)
      if let json = wanted.json {
        #expect(answer.json == (try JSON(parsing: Array(json.utf8))), what)
      }
      if let range = wanted.range { #expect(answer.headers["content-range"] == range, what) }
      if let code = wanted.code {
        #expect(answer.json["code"] == .string(code), what)
        #expect(answer.headers["proxy-status"] == "PostgREST; error=\(code)", what)
        for key in ["message", "details", "hint"] { #expect(answer.json[key] != nil, what) }
      }
    }
  }

  private static func encode(_ path: String) -> String {
    var encoded = ""
    for byte in path.utf8 {
      if byte > 0x20, byte < 0x7F, !"\"<>\\^`{|}#".utf8.contains(byte) {
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return encoded
  }
}

/// A request, and what is wanted of its answer.
struct Case {
  var method = "GET"
  var path: String
  var body: String?
  var role = RestServer.Role.service
  var headers: [String: String] = [:]
  var status = 200
  /// The body, whatever its spaces and the order of members.
  var json: String?
  var range: String?
  /// Of a refusal.
  var code: String?

  var isRead: Bool { method == "GET" || method == "HEAD" }

  /// A read that gives this.
  init(
    _ path: String,
    _ json: String,
    range: String? = nil,
    status: Int = 200,
    _ headers: [String: String] = [:]
  ) {
    self.path = path
    self.status = status
    self.json = json
    self.range = range
    self.headers = headers
  }

  /// A read that is refused.
  init(_ path: String, _ status: Int, _ code: String, _ headers: [String: String] = [:]) {
    self.path = path
    self.status = status
    self.code = code
    self.headers = headers
  }

  init(
    _ method: String,
    _ path: String,
    _ body: String?,
    _ headers: [String: String],
    as role: RestServer.Role = .service,
    _ status: Int,
    json: String? = nil,
    range: String? = nil,
    code: String? = nil
  ) {
    self.method = method
    self.path = path
    self.body = body
    self.headers = headers
    self.role = role
    self.status = status
    self.json = json
    self.range = range
    self.code = code
  }

  init(
    _ method: String,
    _ path: String,
    _ body: String?,
    as role: RestServer.Role = .service,
    _ status: Int,
    json: String? = nil,
    range: String? = nil,
    code: String? = nil
  ) {
    self.init(method, path, body, [:], as: role, status, json: json, range: range, code: code)
  }

  init(
    _ method: String,
    _ path: String,
    _ headers: [String: String] = [:],
    as role: RestServer.Role = .service,
    _ status: Int,
    json: String? = nil,
    range: String? = nil,
    code: String? = nil
  ) {
    self.init(method, path, nil, headers, as: role, status, json: json, range: range, code: code)
  }

  init(
    _ method: String,
    _ path: String,
    as role: RestServer.Role,
    _ status: Int,
    json: String? = nil,
    range: String? = nil,
    code: String? = nil
  ) {
    self.init(method, path, nil, [:], as: role, status, json: json, range: range, code: code)
  }

  init(
    _ method: String,
    _ path: String,
    _ status: Int,
    json: String? = nil,
    range: String? = nil,
    code: String? = nil
  ) {
    self.init(method, path, nil, [:], status, json: json, range: range, code: code)
  }
}
