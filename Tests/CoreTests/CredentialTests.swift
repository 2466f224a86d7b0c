import JSON
import TestSupport
import Testing

@testable import Core

@Suite("Credentials")
struct CredentialTests {
  @Test("are asked for by what is for users alone, in the words of RFC 6750")
  func areAskedFor() async throws {
    try await TestFunction.with(FailInWays.self) { function async throws in
      let none = try await function.send(body: "{}")
      #expect(none.code == "UNAUTHORIZED")
      #expect(none.headers["www-authenticate"] == "Bearer realm=\"streamvibe\"")
      #expect(none.headers["cache-control"] == "no-store")
      let anon = try TestFunction.token(role: "anon")
      #expect(try await function.send(token: anon, body: "{}").status == 401)
      let service = try TestFunction.token(role: "service_role")
      let nameless = try await function.send(token: service, body: "{}")
      #expect(nameless.code == "FORBIDDEN")
    }
  }

  @Test("that prove nothing are refused, with a reason that helps an honest client")
  func areRefused() async throws {
    try await TestFunction.with(WhoAmI.self) { function async throws in
      let user = try await function.signUp()
      func challenge(_ claims: [String: JSON]) async throws -> String? {
        var all: [String: JSON] = ["sub": .string(user.id)]
        all.merge(claims) { $1 }
        let token = try TestFunction.token(role: "authenticated", claims: all)
        return try await function.send(token: token).headers["www-authenticate"]
      }
      let start = "Bearer realm=\"streamvibe\", error=\"invalid_token\", error_description="
      #expect(try await challenge(["exp": 1_000_000_000]) == start + "\"it has expired\"")
      #expect(
        try await challenge(["iss": "http://other.example"])
          == start + "\"its claim iss is missing or wrong\""
      )
      #expect(try await challenge([:]) == nil)
      let basic = try await function.send(headers: ["Authorization": "Basic \(user.token)"])
      #expect(basic.status == 401)
    }
  }

  @Test("are a bearer before a key, of which none is given twice")
  func areTakenInOrder() async throws {
    try await TestFunction.with(WhoAmI.self) { function async throws in
      let user = try await function.signUp()
      let other = try await function.signUp()
      let both = try await function.send(token: user.token, headers: ["apikey": other.token])
      #expect(both.json["subject"] == .string(user.id))
      let twice = try await function.send(
        headers: ["apikey": "\(user.token)\r\napikey: \(other.token)"]
      )
      #expect(twice.status == 401)
      let spaced = try await function.send(headers: ["Authorization": "bearer   \(user.token)"])
      #expect(spaced.json["subject"] == .string(user.id))
    }
  }

  @Test("of the two keys of a project make nobody a user")
  func areKeys() async throws {
    try await TestFunction.with(WhoAmI.self) { function async throws in
      for role in ["anon", "service_role"] {
        let key = try TestFunction.token(role: role)
        let answer = try await function.send(headers: ["apikey": key])
        #expect(answer.json["role"] == "edge_visitor")
        #expect(answer.json["subject"] == .null)
      }
    }
    try await TestFunction.with(ServiceOnly.self) { function async throws in
      let key = try TestFunction.token(role: "anon")
      #expect(try await function.send(token: key).status == 401)
    }
  }

  @Test("can't be checked without keys, which the answer says")
  func needKeys() async throws {
    try await TestFunction.with(WhoAmI.self, settings: ["JWT_JWKS": ""]) { function async throws in
      let user = try await function.signUp()
      let answer = try await function.send(token: user.token)
      #expect(answer.code == "NOT_CONFIGURED")
      #expect(answer.json["error"]?["details"] == ["setting": "JWT_JWKS"])
      #expect(try await function.send().status == 200)
    }
    let broken = ["JWT_JWKS": "{"]
    await #expect(throws: ConfigurationError.self) {
      try await TestFunction.with(WhoAmI.self, settings: broken) { _ in }
    }
  }

  @Test("name the issuer that is set")
  func nameIssuer() async throws {
    let settings = ["JWT_ISSUER": "http://issuer.example"]
    try await TestFunction.with(WhoAmI.self, settings: settings) { function async throws in
      let user = try await function.signUp()
      #expect(try await function.send(token: user.token).status == 401)
      let token = try TestFunction.token(
        role: "authenticated",
        claims: ["sub": .string(user.id), "iss": "http://issuer.example"]
      )
      #expect(try await function.send(token: token).json["subject"] == .string(user.id))
    }
  }
}
