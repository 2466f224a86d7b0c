package import Core
import Crypto
import Glibc
package import JSON
package import Loop

/// A function that answers in the test's process, on a database of its own that has the product's
/// schema: from socket to table, as its executable would.
package struct TestFunction: Sendable {
  package let address: SocketAddress
  package let database: TestDatabase
  private let path: String

  /// The keys that tests sign tokens with; functions get the public one.
  private static let keys = Result { try TestKeys() }
  private static var password: String { TestDatabase.password }

  private static let migrated = TestDatabase.Template { url in
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    try await ChildProcess.run([
      "env", "EDGE_PASSWORD=\(password)", "EDGE_SERVICE_PASSWORD=\(password)",
      "AUTHENTICATOR_PASSWORD=\(password)", "AUTH_ADMIN_PASSWORD=\(password)",
      "/\(root)/scripts/migrate", "--database-url", url,
    ])
  }

  /// Gives `body` a running function and stops it afterwards.
  ///
  /// - Parameter settings: added to, or in place of, those that every function needs.
  package static func with<Function: EdgeFunction, Value>(
    _ function: Function.Type,
    settings: [String: String] = [:],
    _ body: (TestFunction) async throws -> Value
  ) async throws -> Value {
    try await TestDatabase.with(migrated) { database in
      var configuration = [
        "LISTEN": "127.0.0.1:0", "DATABASE_URL": database.url(user: "edge"),
        "JWT_JWKS": try keys.get().set, "API_EXTERNAL_URL": TestKeys.externalURL,
        "APP_BASE_URL": "https://app.example",
        "RATE_LIMIT_USER_PER_HOUR": "1000", "RATE_LIMIT_ANON_PER_HOUR": "1000",
      ]
      if Function.Who.kind == .serviceRole {
        configuration["DATABASE_URL"] = database.url(user: "edge_service")
      }
      configuration.merge(settings) { $1 }
      let values = configuration
      let running = try await onLoop { try RunningFunction(function, Configuration(values)) }
      let test = TestFunction(
        address: await running.address,
        database: database,
        path: "/\(Function.name)"
      )
      do {
        let value = try await body(test)
        await running.stop(within: .seconds(1))
        return value
      } catch {
        await running.stop(within: .zero)
        throw error
      }
    }
  }

  /// A new user, as a sign-up would make it.
  package func signUp() async throws -> TestUser {
    let id = try await database.psql(
      """
      insert into auth.users (id, email)
      values (gen_random_uuid(), gen_random_uuid() || '@example.com') returning id
      """
    )
    let text = id.trimmingWhitespace()
    return TestUser(id: text, token: try Self.keys.get().userToken(text))
  }

  /// A token of `claims`, over those of a user where they are not given.
  package static func token(role: String, claims: [String: JSON] = [:]) throws -> String {
    try keys.get().token(role: role, claims)
  }

  /// Sends one request on a connection of its own.
  ///
  /// - Parameters:
  ///   - path: the function's own when nil.
  ///   - body: sent as JSON.
  package func send(
    _ method: String = "POST",
    _ path: String? = nil,
    token: String? = nil,
    body: String? = nil,
    headers: [String: String] = [:]
  ) async throws -> TestAnswer {
    var fields = headers
    if let token { fields["Authorization"] = "Bearer \(token)" }
    if let body {
      fields["Content-Length"] = String(body.utf8.count)
      fields["Content-Type"] = fields["Content-Type"] ?? "application/json"
    }
    let lines = fields.map { "\($0.key): \($0.value)\r\n" }.joined()
    let request =
      "\(method) \(path ?? self.path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\(lines)\r\n\(body ?? "")"
    let address = address
    return try await Self.clients.run {
      let client = try RawClient(address)
      client.send(request)
      return TestAnswer(client.readAll(milliseconds: 30_000))
    }
  }

  private static let clients = WorkerPool(threads: 64, queue: 10_000)
}

/// Somebody who is signed in.
package struct TestUser: Sendable {
  package let id: String
  package let token: String
}

/// An answer as it came over the wire.
package struct TestAnswer: Sendable {
  package let status: Int
  package let headers: [String: String]
  package let body: String

  init(_ text: String) {
    let end = text.range(of: "\r\n\r\n")
    let lines = text[..<(end?.lowerBound ?? text.endIndex)].split(separator: "\r\n")
    status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1]).trimmingWhitespace() : ""
    }
    self.headers = headers
    body = end.map { String(text[$0.upperBound...]) } ?? ""
  }

  /// Null when the body is no JSON.
  package var json: JSON { (try? JSON(parsing: Array(body.utf8))) ?? .null }

  /// The code of an envelope that is not a success.
  package var code: String? {
    if case .string(let code)? = json["error"]?["code"] { code } else { nil }
  }
}

private struct TestKeys: Sendable {
  static let externalURL = "http://api.example"

  private let jwk: String
  let set: String

  init() throws {
    let key = try SigningKey.generate()
    jwk = try key.privateJWK() ?? ""
    set = "{\"keys\":[\(try key.publicJWK() ?? "")]}"
  }

  func userToken(_ id: String) throws -> String {
    try token(role: "authenticated", ["sub": .string(id)])
  }

  func token(role: String, _ claims: [String: JSON]) throws -> String {
    let now = Int(time(nil))
    var all: [String: JSON] = ["role": .string(role)]
    if role == "authenticated" {
      all["aud"] = "authenticated"
      all["iss"] = .string("\(Self.externalURL)/auth/v1")
      all["iat"] = JSON(now)
      all["exp"] = JSON(now + 3600)
    }
    all.merge(claims) { $1 }
    let members = all.map { JSON.Member($0.key, $0.value) }
    let bytes = JSON.object(members).bytes
    return try SigningKey(jwk: jwk).sign(claims: bytes.span)
  }
}

extension String {
  func trimmingWhitespace() -> String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }

  /// The first place of `text`; nil when there is none.
  func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
