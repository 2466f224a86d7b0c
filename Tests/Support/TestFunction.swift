package import Core
package import JSON
package import Loop

/// A function that answers in the test's process, on a database of its own that has the product's
/// schema: from socket to table, as its executable would.
package struct TestFunction: Sendable {
  package let database: TestDatabase
  private let server: TestServer
  private let path: String

  package var address: SocketAddress { server.address }

  /// Gives `body` a running function and stops it afterwards.
  ///
  /// - Parameter settings: added to, or in place of, those that every function needs.
  package static func with<Function: EdgeFunction, Value>(
    _ function: Function.Type,
    settings: [String: String] = [:],
    _ body: (TestFunction) async throws -> Value
  ) async throws -> Value {
    try await TestDatabase.with(TestServer.migrated) { database in
      try await with(function, settings: settings, on: database, body)
    }
  }

  /// The same on a database that other functions use too.
  package static func with<Function: EdgeFunction, Value>(
    _ function: Function.Type,
    settings: [String: String] = [:],
    on database: TestDatabase,
    _ body: (TestFunction) async throws -> Value
  ) async throws -> Value {
    let isService = Function.Who.kind == .serviceRole || Function.Input.self is any Owned.Type
    return try await TestServer.with(
      FunctionResponder<Function>.self,
      login: isService ? "edge_service" : "edge",
      settings: settings,
      on: database
    ) { server in
      try await body(
        TestFunction(database: database, server: server, path: "/\(Function.name)")
      )
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
    return TestUser(id: text, token: try TestKeys.shared.userToken(text))
  }

  /// A token of `claims`, over those of a user where they are not given.
  package static func token(role: String, claims: [String: JSON] = [:]) throws -> String {
    try TestKeys.shared.token(role: role, claims)
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
    try await server.send(method, path ?? self.path, token: token, body: body, headers: headers)
  }
}

/// Somebody who is signed in.
package struct TestUser: Sendable {
  package let id: String
  package let token: String
}
