import Crypto
import JSON
import TestSupport
import Testing

@testable import auth

@Suite("A refresh token")
struct RefreshTests {
  @Test("is replaced with each use, and the session says who and until when")
  func rotates() async throws {
    try await TestAuth.with { auth async throws in
      let first = try await auth.signUp()
      let second = try TestSession(try await auth.refresh(first.refresh))
      #expect(second.refresh != first.refresh)
      #expect(second.answer.json["token_type"] == "bearer")
      #expect(second.answer.json["expires_in"] == 3600)
      #expect(try second.claims["session_id"] == first.claims["session_id"])
      #expect(try second.claims["amr"] == first.claims["amr"])
      let id = try first.claims["session_id"]?.text
      #expect(second.answer.headers["sb-auth-session-id"] == id)
      #expect(second.user["id"] == first.user["id"])
    }
  }

  @Test("whose answer was lost gives the one that counts, however late")
  func forgivesLostAnswers() async throws {
    try await TestAuth.with(["AUTH_REFRESH_REUSE_SECONDS": "0"]) { auth async throws in
      let first = try await auth.signUp()
      let second = try TestSession(try await auth.refresh(first.refresh))
      for _ in 0..<3 {
        let again = try TestSession(try await auth.refresh(first.refresh))
        #expect(again.refresh == second.refresh)
      }
      #expect(try await auth.refresh(second.refresh).status == 200)
    }
  }

  @Test("that was replaced twice ends the session for everybody who has it")
  func revokesFamilies() async throws {
    try await TestAuth.with(["AUTH_REFRESH_REUSE_SECONDS": "0"]) { auth async throws in
      let first = try await auth.signUp()
      let other = try TestSession(try await auth.signIn())
      let second = try TestSession(try await auth.refresh(first.refresh))
      let third = try TestSession(try await auth.refresh(second.refresh))
      let reuse = try await auth.refresh(first.refresh)
      #expect(reuse.status == 400)
      #expect(reuse.errorCode == "refresh_token_already_used")
      #expect(try await auth.refresh(third.refresh).errorCode == "refresh_token_not_found")
      #expect(try await auth.user(third).errorCode == "session_not_found")
      #expect(try await auth.refresh(other.refresh).status == 200)
    }
  }

  @Test("that was replaced just now still gives the one that counts")
  func forgivesTheFast() async throws {
    try await TestAuth.with(["AUTH_REFRESH_REUSE_SECONDS": "60"]) { auth async throws in
      let first = try await auth.signUp()
      var last = first
      for _ in 0..<5 { last = try TestSession(try await auth.refresh(last.refresh)) }
      let again = try TestSession(try await auth.refresh(first.refresh))
      #expect(again.refresh == last.refresh)
      // Not when it was replaced before the interval: as if that had been an hour ago.
      _ = try await auth.sql(
        "update auth.sessions set replaced_at = array_replace(replaced_at, replaced_at[1], "
          + "replaced_at[1] - interval '1 hour')"
      )
      #expect(try await auth.refresh(first.refresh).errorCode == "refresh_token_already_used")
    }
  }

  @Test(
    "is nobody's when it was not made here",
    arguments: [
      "", "x", "aaaaaaaaaaaa", String(repeating: "A", count: 55),
      String(repeating: "A", count: 4000),
    ]
  )
  func refusesForeign(_ token: String) async throws {
    try await TestAuth.with { auth async throws in
      let answer = try await auth.refresh(token)
      #expect(answer.status == 400)
      if token.isEmpty {
        #expect(answer.json["error"] == "invalid_request")
      } else {
        #expect(answer.errorCode == "refresh_token_not_found")
      }
    }
  }

  @Test("counts with none of its bits changed")
  func isAuthenticated() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let bytes = try #require(Base64URL.decode(session.refresh.utf8.span) as [UInt8]?)
      for bit in stride(from: 0, to: bytes.count * 8, by: 7) {
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        let token = Base64URL.encode(changed.span)
        #expect(try await auth.refresh(token).errorCode == "refresh_token_not_found")
      }
      #expect(try await auth.refresh(session.refresh).status == 200)
    }
  }

  @Test("of a session that is over, or of somebody who is banned or gone, gives nothing")
  func respectsEnds() async throws {
    let settings = ["AUTH_SESSION_HOURS": "2", "AUTH_SESSION_INACTIVITY_HOURS": "1"]
    try await TestAuth.with(settings) { auth async throws in
      let session = try await auth.signUp()
      let idle = try TestSession(try await auth.signIn())
      _ = try await auth.sql(
        """
        update auth.sessions set created_at = now() - interval '61 minutes'
        where id = '\(try idle.claims["session_id"]?.text ?? "")'
        """
      )
      #expect(try await auth.refresh(idle.refresh).errorCode == "session_expired")
      _ = try await auth.sql("update auth.users set banned_until = now() + interval '1 hour'")
      #expect(try await auth.refresh(session.refresh).errorCode == "user_banned")
      #expect(try await auth.user(session).errorCode == "user_banned")
      _ = try await auth.sql("update auth.users set banned_until = null")
      #expect(try await auth.refresh(session.refresh).status == 200)
      _ = try await auth.sql("update auth.sessions set not_after = now()")
      #expect(try await auth.refresh(session.refresh).errorCode == "session_expired")
      #expect(try await auth.user(session).errorCode == "session_expired")
      _ = try await auth.sql("delete from auth.users")
      #expect(try await auth.refresh(session.refresh).errorCode == "refresh_token_not_found")
      #expect(try await auth.user(session).errorCode == "user_not_found")
    }
  }

  @Test("that is newer than a database restored from a backup counts")
  func survivesRestores() async throws {
    try await TestAuth.with { auth async throws in
      let first = try await auth.signUp()
      let second = try TestSession(try await auth.refresh(first.refresh))
      let third = try TestSession(try await auth.refresh(second.refresh))
      _ = try await auth.sql("update auth.sessions set refresh_token_counter = 1")
      #expect(try await auth.refresh(third.refresh).status == 200)
    }
  }

  @Test("meets a passing failure with 5xx: anything else would sign its user out")
  func passesOn() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let holder = Task {
        try await auth.sql(
          "begin; select id from auth.sessions for update; select pg_sleep(9); commit;"
        )
      }
      while try await auth.sql(
        "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
      ) == "0" {}
      let answer = try await auth.refresh(session.refresh)
      #expect([503, 504].contains(answer.status))
      _ = try await holder.value
      #expect(try await auth.refresh(session.refresh).status == 200)
      _ = try await auth.sql("alter table auth.sessions rename to elsewhere")
      #expect(try await auth.refresh(session.refresh).status == 500)
    }
  }

  @Test("is the only one where a user may have one session")
  func endsOthers() async throws {
    try await TestAuth.with(["AUTH_SINGLE_SESSION": "on"]) { auth async throws in
      let first = try await auth.signUp()
      let second = try TestSession(try await auth.signIn())
      #expect(try await auth.refresh(first.refresh).errorCode == "refresh_token_not_found")
      #expect(try await auth.refresh(second.refresh).status == 200)
    }
  }
}
