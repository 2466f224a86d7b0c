import Crypto
import Glibc
import JSON
import TestSupport
import Testing

@testable import Core

@Suite("Rate limits")
struct RateLimitTests {
  @Test("are exact for many clients at once, and say what is left")
  func areExact() async throws {
    try await TestFunction.with(
      WhoAmI.self,
      settings: ["RATE_LIMIT_USER_PER_HOUR": "40", "DATABASE_CONNECTIONS": "6"]
    ) { function in
      let user = try await function.signUp()
      let answers = try await storm(of: 100) { try await function.send(token: user.token) }
      #expect(answers.count { $0.status == 200 } == 40)
      #expect(answers.count { $0.code == "RATE_LIMITED" } == 60)
      let left = answers.filter { $0.status == 200 }.compactMap { $0.headers["ratelimit"] }
      let counts = Set(left.compactMap { $0.split(separator: ";").dropFirst().first })
      #expect(counts.count == 40)
      let refused = try #require(answers.first { $0.status == 429 })
      #expect(refused.headers["ratelimit-policy"] == "\"user\";q=40;w=3600")
      let wait = try #require(refused.headers["retry-after"].flatMap { Int($0) })
      #expect((3500...3600).contains(wait))
      // Another user, and an address that is not signed in, are counted for themselves.
      #expect(try await function.send(token: function.signUp().token).status == 200)
      #expect(try await function.send().status == 200)
    }
  }

  @Test("count requests that fail their checks, and bad credentials against the address")
  func countFailures() async throws {
    try await TestFunction.with(
      FailInWays.self,
      settings: ["RATE_LIMIT_USER_PER_HOUR": "2", "RATE_LIMIT_ANON_PER_HOUR": "2"]
    ) { function in
      let user = try await function.signUp()
      let byUser = try await (0..<3).mapInOrder { _ in
        try await function.send(token: user.token, body: "{").status
      }
      #expect(byUser == [400, 400, 429])
      let byAddress = try await (0..<3).mapInOrder { _ in
        try await function.send(token: "forged", body: "{").status
      }
      #expect(byAddress == [401, 401, 429])
    }
  }

  @Test("of a function's own are kept apart, and the service role has none")
  func haveOwnPolicies() async throws {
    try await TestFunction.with(
      TwiceOnly.self,
      settings: ["RATE_LIMIT_USER_PER_HOUR": "1"]
    ) { function in
      let user = try await function.signUp()
      let service = try TestFunction.token(role: "service_role")
      let statuses = try await (0..<3).mapInOrder { _ in
        try await function.send(token: user.token, body: #"{"name":"a"}"#).status
      }
      #expect(statuses == [200, 200, 429])
      let asService = try await (0..<3).mapInOrder { _ in
        try await function.send(
          token: service,
          body: #"{"name":"a"}"#,
          headers: ["On-Behalf-Of": user.id]
        ).status
      }
      #expect(asService == [200, 200, 200])
    }
  }

  private static let proxyKey = "a key that only the dispatcher has"

  /// What a visitor's request is answered who comes, as a dispatcher with `key` says, from
  /// `address`.
  private func status(
    of function: TestFunction,
    from address: String,
    key: String = proxyKey,
    age: Int = 0
  ) async throws -> Int {
    let signed = "\(address);t=\(Int(time(nil)) - age)"
    let mac = try HMACSHA256(key: key.utf8.span)
    let code = try mac.authenticate(signed.utf8.span)
    let header = "\(signed);v1=\(Hex.encode(code.span))"
    return try await function.send(headers: ["X-StreamVibe-Client": header]).status
  }

  @Test("go by the address that the dispatcher signed, a network of IPv6 as one, and by no other")
  func goBySignedAddress() async throws {
    let settings = ["RATE_LIMIT_ANON_PER_HOUR": "1", "EDGE_PROXY_KEY": Self.proxyKey]
    try await TestFunction.with(WhoAmI.self, settings: settings) { function async throws in
      #expect(try await status(of: function, from: "203.0.113.1") == 200)
      #expect(try await status(of: function, from: "203.0.113.1") == 429)
      #expect(try await status(of: function, from: "203.0.113.2") == 200)
      #expect(try await status(of: function, from: "2001:db8:0:1::1") == 200)
      #expect(try await status(of: function, from: "2001:db8:0:1::2") == 429)
      #expect(try await status(of: function, from: "2001:db8:0:2::1") == 200)
      // Forged or stale: the peer counts, once.
      #expect(try await status(of: function, from: "203.0.113.3", key: "another key") == 200)
      #expect(try await status(of: function, from: "203.0.113.4", age: 120) == 429)
      #expect(try await function.send(headers: ["X-Forwarded-For": "203.0.113.5"]).status == 429)
    }
  }
}

/// `count` results of the same work, all at once.
func storm<Value: Sendable>(
  of count: Int,
  _ work: @escaping @Sendable () async throws -> Value
) async throws -> [Value] {
  try await withThrowingTaskGroup(of: Value.self) { group in
    for _ in 0..<count { group.addTask { try await work() } }
    return try await group.reduce(into: []) { $0.append($1) }
  }
}
