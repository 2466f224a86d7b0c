import Crypto
import Glibc
import JSON
import TestSupport
import Testing

@testable import auth

@Suite("An address's limit")
struct LimitTests {
  private static let proxyKey = "a key that only the dispatcher has"
  private static let few = [
    "AUTH_RATE_LIMITS": "on", "AUTH_RATE_LIMIT": "3", "AUTH_RATE_LIMIT_TOKEN": "5",
    "AUTH_RATE_LIMIT_ANONYMOUS": "2", "AUTH_ANONYMOUS_ENABLED": "on", "EDGE_PROXY_KEY": proxyKey,
  ]

  /// The field with which the dispatcher says where a request came from.
  private static func from(_ address: String, key: String = proxyKey) throws -> [String: String] {
    let signed = "\(address);t=\(Int(time(nil)))"
    let mac = try HMACSHA256(key: key.utf8.span)
    let code = try mac.authenticate(signed.utf8.span)
    return ["X-StreamVibe-Client": "\(signed);v1=\(Hex.encode(code.span))"]
  }

  @Test(
    "holds for each endpoint, exactly and also in a storm",
    arguments: [
      ("POST", "signup", 3), ("POST", "recover", 3), ("POST", "resend", 3), ("POST", "otp", 3),
      ("POST", "magiclink", 3), ("POST", "verify", 3), ("GET", "verify", 3), ("PUT", "user", 3),
      ("POST", "token?grant_type=password", 5), ("POST", "token?grant_type=refresh_token", 5),
    ]
  )
  func isExact(_ method: String, _ path: String, _ limit: Int) async throws {
    try await TestAuth.with(Self.few) { auth async throws in
      let headers = try Self.from("203.0.113.1")
      let body: JSON? = method == "GET" ? nil : ["email": "x"]
      let answers = try await storm(of: 12) { _ in
        try await auth.send(method, path, body, headers: headers)
      }
      let refused = answers.filter { $0.status == 429 }
      #expect(refused.count == 12 - limit)
      #expect(refused.allSatisfy { $0.errorCode == "over_request_rate_limit" })
      #expect(refused.allSatisfy { $0.headers["retry-after"] != nil })
      let other = try Self.from("203.0.113.2")
      #expect(try await auth.send(method, path, body, headers: other).status != 429)
    }
  }

  @Test("of anonymous sign-ins is their own, beside that of sign-ups")
  func countsAnonymous() async throws {
    try await TestAuth.with(Self.few) { auth async throws in
      var statuses: [Int] = []
      for _ in 0..<3 {
        let headers = try Self.from("203.0.113.1")
        statuses.append(try await auth.post("signup", .object([]), headers: headers).status)
      }
      #expect(statuses == [200, 200, 429])
    }
  }

  @Test("goes by the address that the dispatcher signed, and by none that somebody claims")
  func trustsSignatures() async throws {
    try await TestAuth.with(Self.few) { auth async throws in
      for number in 0..<5 {
        let forged = try Self.from("203.0.113.\(number)", key: "another key")
        let headers = forged.merging(["X-Forwarded-For": "198.51.100.\(number)"]) { $1 }
        let status = try await auth.post("recover", ["email": "x"], headers: headers).status
        #expect(status == (number < 3 ? 400 : 429))
      }
    }
  }

  private func signIn(
    _ auth: TestAuth,
    _ email: String = "ann@example.com",
    _ password: String = "a wrong password",
    from address: String
  ) async throws -> TestAnswer {
    try await auth.post(
      "token?grant_type=password",
      ["email": .string(email), "password": .string(password)],
      headers: try Self.from(address)
    )
  }

  private static let guesses = [
    "AUTH_RATE_LIMITS": "on", "AUTH_RATE_LIMIT_PASSWORD": "2", "EDGE_PROXY_KEY": proxyKey,
  ]

  @Test(
    "of wrong passwords for an account is its own, whether or not there is one, also in a storm",
    arguments: ["ann@example.com", "nobody@example.com"]
  )
  func countsFailures(_ email: String) async throws {
    try await TestAuth.with(Self.guesses) { auth async throws in
      _ = try await auth.signUp()
      let answers = try await storm(of: 8) { _ in
        try await signIn(auth, email, from: "203.0.113.1")
      }
      #expect(answers.count { $0.errorCode == "invalid_credentials" } == 2)
      let refused = answers.filter { $0.status == 429 }
      #expect(refused.count == 6)
      #expect(refused.allSatisfy { $0.errorCode == "over_request_rate_limit" })
      #expect(refused.allSatisfy { $0.headers["retry-after"] != nil })
      // Neither is the same address held up elsewhere, nor the account.
      let elsewhere = try await signIn(auth, "bob@example.com", from: "203.0.113.1")
      #expect(elsewhere.status == 400)
      #expect(try await signIn(auth, email, from: "203.0.113.2").status == 400)
      let stored = try await auth.sql("select count(*) from internal.rate_limit where key ~ '@'")
      #expect(stored == "0")
    }
  }

  @Test("of wrong passwords counts no right one")
  func countsNoSuccess() async throws {
    try await TestAuth.with(Self.guesses) { auth async throws in
      _ = try await auth.signUp()
      for _ in 0..<5 {
        let right = try await signIn(
          auth,
          "ANN@example.com",
          TestAuth.password,
          from: "203.0.113.1"
        )
        #expect(right.status == 200)
      }
      #expect(try await signIn(auth, from: "203.0.113.1").status == 400)
    }
  }

  @Test("of wrong passwords from everywhere does not keep the owner out who was there before")
  func locksNobodyOut() async throws {
    try await TestAuth.with(Self.guesses) { auth async throws in
      _ = try await auth.signUp()
      let password = TestAuth.password
      #expect(
        try await signIn(auth, "ann@example.com", password, from: "203.0.113.9").status == 200
      )
      for number in 0..<20 {
        #expect(try await signIn(auth, from: "198.51.100.\(number / 2)").status == 400)
      }
      #expect(try await signIn(auth, from: "192.0.2.1").status == 429)
      #expect(try await signIn(auth, "ann@example.com", password, from: "192.0.2.1").status == 429)
      #expect(
        try await signIn(auth, "ann@example.com", password, from: "203.0.113.9").status == 200
      )
      #expect(try await signIn(auth, "bob@example.com", from: "192.0.2.1").status == 400)
    }
  }

  @Test("of mails holds for all kinds together, whomever they go to")
  func countsMails() async throws {
    let settings = Self.few.merging(["AUTH_RATE_LIMIT": "30", "AUTH_RATE_LIMIT_MAIL": "4"]) { $1 }
    try await TestAuth.with(settings) { auth async throws in
      let password = JSON.string(TestAuth.password)
      func ask(_ path: String, _ number: Int, from address: String) async throws -> TestAnswer {
        let email = JSON.string("p\(number)@example.com")
        let body: JSON = ["email": email, "password": password, "type": "signup"]
        return try await auth.post(path, body, headers: try Self.from(address))
      }
      for (number, path) in ["signup", "recover", "otp", "resend"].enumerated() {
        #expect(try await ask(path, number, from: "203.0.113.1").status == 200)
      }
      for (number, path) in ["signup", "recover", "otp", "resend", "magiclink"].enumerated() {
        let answer = try await ask(path, number + 9, from: "203.0.113.1")
        #expect(answer.status == 429)
        #expect(answer.errorCode == "over_email_send_rate_limit")
      }
      #expect(try await ask("signup", 20, from: "203.0.113.2").status == 200)
      #expect(try await auth.sql("select count(*) from auth.users") == "3")
    }
  }

  private static let gap = ["AUTH_MAIL_GAP_SECONDS": "60", "EDGE_PROXY_KEY": proxyKey]

  @Test("of mails to somebody is not spent by a sign-up that fails")
  func returnsGaps() async throws {
    try await TestAuth.with(Self.gap) { auth async throws in
      let form: JSON = ["email": "ann@example.com", "password": .string(TestAuth.password)]
      _ = try await auth.sql("alter table public.subscription_tier rename to no_tier")
      #expect(try await auth.post("signup", form).status == 500)
      _ = try await auth.sql("alter table public.no_tier rename to subscription_tier")
      #expect(try await auth.post("signup", form).status == 200)
      #expect(try await auth.post("signup", form).errorCode == "over_email_send_rate_limit")
    }
  }

  @Test("of mails to somebody that a stranger uses up leaves its owner one")
  func leavesOwnersOne() async throws {
    try await TestAuth.with(Self.gap) { auth async throws in
      let form: JSON = ["email": "ann@example.com", "password": .string(TestAuth.password)]
      var statuses: [Int] = []
      for place in [1, 1, 2, 2, 3, 4] {
        let headers = try Self.from("203.0.113.\(place)")
        statuses.append(try await auth.post("signup", form, headers: headers).status)
      }
      #expect(statuses == [200, 429, 200, 429, 200, 429])
    }
  }

  @Test("of mails of a change of address is one, whichever way they are asked for")
  func sharesGap() async throws {
    try await TestAuth.with(Self.gap) { auth async throws in
      let session = try await auth.signUp()
      let change = try await auth.send(
        "PUT",
        "user",
        ["email": "new@example.com"],
        token: session.access
      )
      #expect(change.status == 200)
      let again = try await auth.post(
        "resend",
        ["type": "email_change", "email": "ann@example.com"]
      )
      #expect(again.errorCode == "over_email_send_rate_limit")
      #expect(try await auth.mails(to: "new@example.com").count == 1)
    }
  }

  @Test("does not hold admins up, and can be switched off")
  func hasExceptions() async throws {
    try await TestAuth.with(Self.few) { auth async throws in
      for _ in 0..<8 {
        #expect(try await auth.send("GET", "admin/users", token: auth.service).status == 200)
      }
    }
    try await TestAuth.with { auth async throws in
      for _ in 0..<40 {
        #expect(try await auth.post("recover", ["email": "x"]).status == 400)
      }
    }
  }
}
