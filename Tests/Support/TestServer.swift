package import Core
import Glibc
package import Loop

/// A responder that answers in the test's process, on a database of its own that has the product's
/// schema: from socket to table, as its executable would.
package struct TestServer: Sendable {
  package let address: SocketAddress
  package let database: TestDatabase
  /// What answers.
  package let responder: any Responder & Sendable

  private static var password: String { TestDatabase.password }

  /// The product's schema.
  package static let migrated = TestDatabase.Template { url in
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    try await ChildProcess.run([
      "env", "EDGE_PASSWORD=\(password)", "EDGE_SERVICE_PASSWORD=\(password)",
      "AUTHENTICATOR_PASSWORD=\(password)", "AUTH_ADMIN_PASSWORD=\(password)",
      "/\(root)/scripts/migrate", "--database-url", url,
    ])
  }

  /// Gives `body` a running responder and stops it afterwards.
  ///
  /// - Parameters:
  ///   - login: its login to the database.
  ///   - settings: added to, or in place of, those that most need.
  ///   - template: what is in its database.
  package static func with<Answering: Responder & Sendable, Value>(
    _ responder: Answering.Type,
    login: String,
    settings: [String: String] = [:],
    template: TestDatabase.Template = migrated,
    _ body: (TestServer) async throws -> Value
  ) async throws -> Value {
    try await TestDatabase.with(template) { database in
      try await with(responder, login: login, settings: settings, on: database, body)
    }
  }

  /// The same on a database that others use too.
  package static func with<Answering: Responder & Sendable, Value>(
    _ responder: Answering.Type,
    login: String,
    settings: [String: String] = [:],
    on database: TestDatabase,
    _ body: (TestServer) async throws -> Value
  ) async throws -> Value {
    var configuration = [
      "LISTEN": "127.0.0.1:0", "DATABASE_URL": database.url(user: login),
      "JWT_JWKS": try TestKeys.shared.set, "API_EXTERNAL_URL": TestKeys.externalURL,
      "APP_BASE_URL": "https://app.example",
      "RATE_LIMIT_USER_PER_HOUR": "1000", "RATE_LIMIT_ANON_PER_HOUR": "1000",
    ]
    configuration.merge(settings) { $1 }
    let values = configuration
    let running = try await onLoop { try RunningResponder(responder, Configuration(values)) }
    let server = TestServer(
      address: await running.address,
      database: database,
      responder: await running.responder
    )
    do {
      let value = try await body(server)
      await running.stop(within: .seconds(1))
      return value
    } catch {
      await running.stop(within: .zero)
      throw error
    }
  }

  /// Sends one request on a connection of its own.
  ///
  /// - Parameter body: sent as JSON where `headers` names no other type.
  package func send(
    _ method: String,
    _ path: String,
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
      "\(method) \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\(lines)\r\n\(body ?? "")"
    let address = address
    return try await Self.clients.run {
      let client = try RawClient(address)
      client.send(request)
      return TestAnswer(client.readAll(milliseconds: 30_000))
    }
  }

  private static let clients = WorkerPool(threads: 64, queue: 10_000)
}
