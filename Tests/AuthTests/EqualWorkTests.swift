import Core
import JSON
import Loop
import TestSupport
import Testing

@testable import auth

/// Nobody learns from how long an answer takes whether an address has an account.
@Suite("The work for an answer")
struct EqualWorkTests {
  private static let known = "ann@example.com"
  private static let unknown = "nobody@example.com"

  @Test(
    "hashes as many passwords for an unknown address as for a known one",
    arguments: [
      ("token?grant_type=password", #""password":"a wrong password""#, 1),
      ("signup", #""password":"a good password""#, 1),
      ("recover", #""x":1"#, 0),
      ("otp", #""create_user":false"#, 0),
      ("resend", #""type":"signup""#, 0),
    ]
  )
  func hashesEqually(_ path: String, _ rest: String, _ count: Int) async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.signUp(Self.known)
      for address in [Self.known, Self.unknown] {
        let before = await auth.hashes
        let body = "{\"email\":\"\(address)\",\(rest)}"
        _ = try await auth.server.send("POST", "/auth/v1/\(path)", body: body)
        #expect(await auth.hashes - before == count)
      }
    }
  }

  @Test(
    "takes a time that hides what is written, and answers with the same bytes",
    arguments: [
      ("recover", #""x":1"#), ("otp", #""create_user":false"#), ("resend", #""type":"signup""#),
      ("magiclink", #""x":1"#), ("token?grant_type=password", #""password":"wrong""#),
      ("verify", #""type":"signup","token":"wrong""#),
    ]
  )
  func answersEqually(_ path: String, _ rest: String) async throws {
    try await TestAuth.with(["AUTH_ANSWER_FLOOR_MS": "400"]) { auth async throws in
      _ = try await auth.post(
        "signup",
        ["email": .string(Self.known), "password": .string(TestAuth.password)]
      )
      let refusals = ["token?grant_type=password": 400, "verify": 403]
      var bodies: Set<String> = []
      for address in [Self.known, Self.unknown] {
        let start = Instant.now
        let body = "{\"email\":\"\(address)\",\(rest)}"
        let answer = try await auth.server.send("POST", "/auth/v1/\(path)", body: body)
        #expect(Instant.now - start >= .milliseconds(400))
        #expect(answer.status == refusals[path] ?? 200)
        #expect(refusals[path] != nil || answer.body == "{}")
        bodies.insert(answer.body)
      }
      #expect(bodies.count == 1)
    }
  }

  @Test("keeps mails apart by address, whether or not it has an account")
  func spacesEqually() async throws {
    try await TestAuth.with(["AUTH_MAIL_GAP_SECONDS": "60"]) { auth async throws in
      _ = try await auth.signUp(Self.known)
      for path in ["recover", "otp"] {
        for address in [Self.known, Self.unknown] {
          let body: JSON = ["email": .string(address), "create_user": false]
          #expect(try await auth.post(path, body).status == 200)
          let second = try await auth.post(path, body)
          #expect(second.status == 429)
          #expect(second.errorCode == "over_email_send_rate_limit")
          let message = second.json["msg"]?.text ?? ""
          #expect(message.hasPrefix("For security purposes, you can only request this after "))
        }
      }
      #expect(try await auth.mails(to: Self.known).count == 3)
      #expect(
        try await auth.sql("select count(*) from internal.rate_limit where key ~ 'ann'") == "0"
      )
    }
  }
}
