import JSON
import TestSupport
import Testing

@testable import auth

/// What must hold when everything comes at once.
@Suite("In a storm")
struct StormTests {
  private static let busy = ["DATABASE_CONNECTIONS": "8"]

  @Test("64 refreshes of one token give one next token, and nobody is signed out")
  func refreshesAtOnce() async throws {
    try await TestAuth.with(Self.busy) { auth async throws in
      let session = try await auth.signUp()
      let answers = try await storm(of: 64) { _ in try await auth.refresh(session.refresh) }
      #expect(answers.allSatisfy { $0.status == 200 })
      let tokens = Set(answers.compactMap { $0.json["refresh_token"]?.text })
      #expect(tokens.count == 1)
      #expect(!tokens.contains(session.refresh))
      #expect(try await auth.refresh(try #require(tokens.first)).status == 200)
    }
  }

  @Test("a refresh that comes while another process is at one waits, and gives what that gives")
  func waitsForOthers() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let id = try #require(try session.claims["session_id"]?.text)
      let other = Task {
        try await auth.sql(
          """
          begin;
          select counter from auth.refresh_session('\(id)', 1, '0', null, null, null);
          select pg_sleep(1);
          commit;
          """
        )
      }
      while try await auth.sql(
        "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
      ) == "0" {}
      let next = try TestSession(try await auth.refresh(session.refresh))
      #expect(try await auth.number(of: next.refresh) == 2)
      #expect(try await other.value.hasPrefix("2"))
      #expect(try await auth.refresh(next.refresh).status == 200)
    }
  }

  @Test("64 sign-ups of one address make one account")
  func signsUpAtOnce() async throws {
    try await TestAuth.with(Self.busy) { auth async throws in
      let answers = try await storm(of: 64) { _ in
        try await auth.post(
          "signup",
          ["email": "ann@example.com", "password": .string(TestAuth.password)]
        )
      }
      #expect(answers.allSatisfy { $0.status == 200 })
      #expect(Set(answers.compactMap { $0.json["id"]?.text }).count == 1)
      #expect(try await auth.sql("select count(*) from auth.users") == "1")
      #expect(try await auth.sql("select count(*) from auth.identities") == "1")
      #expect(try await auth.sql("select count(*) from public.users") == "1")
      _ = try await auth.confirmByNewest("ann@example.com")
    }
  }

  @Test("64 sign-ups of one address mail it once, the others are told to wait")
  func mailsOnce() async throws {
    let settings = Self.busy.merging(["AUTH_MAIL_GAP_SECONDS": "60"]) { $1 }
    try await TestAuth.with(settings) { auth async throws in
      let answers = try await storm(of: 64) { _ in
        try await auth.post(
          "signup",
          ["email": "ann@example.com", "password": .string(TestAuth.password)]
        )
      }
      #expect(answers.count { $0.status == 200 } == 1)
      let refused = answers.filter { $0.errorCode == "over_email_send_rate_limit" }
      #expect(refused.count == 63)
      #expect(refused.allSatisfy { $0.status == 429 && $0.headers["retry-after"] != nil })
      #expect(try await auth.mails(to: "ann@example.com").count == 1)
    }
  }

  @Test("one mailed code signs in once, however many come with it")
  func usesCodesOnce() async throws {
    try await TestAuth.with(Self.busy) { auth async throws in
      _ = try await auth.post(
        "signup",
        ["email": "ann@example.com", "password": .string(TestAuth.password)]
      )
      let code = try #require(try await auth.mails(to: "ann@example.com").last?.token)
      let answers = try await storm(of: 32) { _ in
        try await auth.post(
          "verify",
          ["type": "signup", "email": "ann@example.com", "token": .string(code)]
        )
      }
      #expect(answers.count { $0.status == 200 } == 1)
      #expect(answers.count { $0.errorCode == "otp_expired" } == 31)
      #expect(try await auth.sql("select count(*) from auth.sessions") == "1")
    }
  }

  @Test("two tabs and lost answers sign nobody out")
  func survivesTabs() async throws {
    try await TestAuth.with(Self.busy) { auth async throws in
      let session = try await auth.signUp()
      // Each tab goes on with what it got last, or with what it had when the answer is lost.
      let ends = try await storm(of: 4) { tab in
        var token = session.refresh
        for step in 0..<12 {
          let answer = try await auth.refresh(token)
          guard answer.status == 200 else { return answer.status }
          if (step + tab) % 3 != 0 { token = answer.json["refresh_token"]?.text ?? "" }
        }
        return 200
      }
      #expect(ends == [200, 200, 200, 200])
    }
  }
}

extension TestAuth {
  /// Confirms an address that several mails went to at once: one of their codes counts.
  func confirmByNewest(_ email: String) async throws -> TestSession {
    for mail in try await mails(to: email).reversed() {
      let answer = try await post(
        "verify",
        ["type": "signup", "token_hash": .string(mail.tokenHash)]
      )
      if answer.status == 200 { return try TestSession(answer) }
    }
    throw NoCodeCounts()
  }

  /// Which of its session's tokens it is.
  func number(of refresh: String) async throws -> Int? {
    try await (server.responder as? Auth)?.keys.session(of: refresh)?.counter
  }

  private struct NoCodeCounts: Error {}
}
