import Core
import JSON
import TestSupport
import Testing

@testable import auth

/// A project that moves here brings its accounts, sessions and refresh tokens along.
@Suite("A refresh token of a project that moved here")
struct OlderTokenTests {
  @Test("is taken once, and gives the session's tokens of the new form")
  func isExchanged() async throws {
    try await TestAuth.with(["AUTH_REFRESH_REUSE_SECONDS": "0"]) { auth async throws in
      try await auth.moveIn()
      let first = try TestSession(try await auth.refresh("third1234567"))
      #expect(try first.claims["session_id"]?.text == Moved.session)
      #expect(try first.claims["amr"]?.elements?.first?["method"] == "password")
      #expect(try first.claims["aal"] == "aal1")
      #expect(first.user["email"] == "old@example.com")
      #expect(first.refresh.utf8.count > 50)
      #expect(
        try await auth.sql(
          "select string_agg(revoked::text, ' ' order by id) from "
            + "auth.refresh_tokens"
        ) == "true true true"
      )
      // An answer may be lost here too.
      #expect(try TestSession(try await auth.refresh("third1234567")).refresh == first.refresh)
      let second = try TestSession(try await auth.refresh(first.refresh))
      #expect(second.refresh != first.refresh)
      #expect(
        try await auth.entries() == [
          "token_refreshed token", "token_revoked token", "token_refreshed token",
          "token_refreshed token",
        ]
      )
      // By now it is old.
      let reuse = try await auth.refresh("third1234567")
      #expect(reuse.errorCode == "refresh_token_already_used")
      #expect(try await auth.refresh(second.refresh).errorCode == "refresh_token_not_found")
      #expect(try await auth.refresh("third1234567").errorCode == "refresh_token_not_found")
    }
  }

  @Test("counts also when its successor was never used: that answer was lost before the move")
  func parentCounts() async throws {
    try await TestAuth.with(["AUTH_REFRESH_REUSE_SECONDS": "0"]) { auth async throws in
      try await auth.moveIn()
      let first = try TestSession(try await auth.refresh("second123456"))
      #expect(try TestSession(try await auth.refresh("second123456")).refresh == first.refresh)
      let other = try TestSession(try await auth.refresh("third1234567"))
      #expect(other.refresh == first.refresh)
      #expect(try await auth.refresh(first.refresh).status == 200)
    }
  }

  @Test("that was replaced long ago ends the session for everybody")
  func familyEnds() async throws {
    try await TestAuth.with(["AUTH_REFRESH_REUSE_SECONDS": "0"]) { auth async throws in
      try await auth.moveIn()
      #expect(
        try await auth.refresh("first1234567").errorCode == "refresh_token_already_used"
      )
      #expect(try await auth.refresh("third1234567").errorCode == "refresh_token_not_found")
      #expect(try await auth.sql("select count(*) from auth.sessions") == "0")
    }
  }

  @Test("that was replaced just now gives the one that counts")
  func reuseIsForgiven() async throws {
    try await TestAuth.with(["AUTH_REFRESH_REUSE_SECONDS": "60"]) { auth async throws in
      try await auth.moveIn()
      var last = try TestSession(try await auth.refresh("third1234567"))
      for _ in 0..<3 { last = try TestSession(try await auth.refresh(last.refresh)) }
      #expect(try TestSession(try await auth.refresh("third1234567")).refresh == last.refresh)
      _ = try await auth.sql(
        "update auth.refresh_tokens set updated_at = now() - interval '2 minutes'"
      )
      #expect(
        try await auth.refresh("third1234567").errorCode == "refresh_token_already_used"
      )
    }
  }

  @Test("is not used up by who may not sign in")
  func bansHold() async throws {
    try await TestAuth.with { auth async throws in
      try await auth.moveIn()
      _ = try await auth.sql("update auth.users set banned_until = now() + interval '1 hour'")
      #expect(try await auth.refresh("third1234567").errorCode == "user_banned")
      _ = try await auth.sql("update auth.users set banned_until = null")
      #expect(try await auth.refresh("third1234567").status == 200)
    }
  }

  @Test("gives all who come at once the same")
  func storms() async throws {
    try await TestAuth.with(["AUTH_REFRESH_REUSE_SECONDS": "0"]) { auth async throws in
      try await auth.moveIn()
      let tokens = try await storm(of: 32) { _ in
        try TestSession(try await auth.refresh("third1234567")).refresh
      }
      #expect(Set(tokens).count == 1)
      #expect(try await auth.refresh(tokens[0]).status == 200)
    }
  }

  @Test("of no session is nobody's")
  func needsSession() async throws {
    try await TestAuth.with { auth async throws in
      try await auth.moveIn()
      _ = try await auth.sql("update auth.refresh_tokens set session_id = null")
      #expect(
        try await auth.refresh("third1234567").errorCode == "refresh_token_not_found"
      )
    }
  }

  @Test("brings second factors along, which are shown without what they are checked with")
  func factorsAreShown() async throws {
    try await TestAuth.with { auth async throws in
      try await auth.moveIn()
      _ = try await auth.sql(
        """
        insert into auth.mfa_factors (
            id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret
        ) values
        (
            gen_random_uuid(), '\(Moved.user)', 'phone', 'totp', 'verified', '2024-01-01Z',
            '2024-01-02Z', 'JBSWY3DPEHPK3PXP'
        ),
        (
            gen_random_uuid(), '\(Moved.user)', null, 'webauthn', 'unverified', '2024-01-03Z',
            '2024-01-03Z', null
        )
        """
      )
      let session = try TestSession(try await auth.refresh("third1234567"))
      let factors = try #require(session.user["factors"]?.elements)
      #expect(factors.map { $0["factor_type"] } == ["totp", "webauthn"])
      #expect(factors[0]["friendly_name"] == "phone")
      #expect(factors[0]["created_at"] == "2024-01-01T00:00:00.000000Z")
      #expect(factors[1]["friendly_name"] == nil)
      #expect(!session.answer.body.contains("JBSWY3DPEHPK3PXP"))
      let schema = try #require(Interface.auth.schemas.first { $0.name == "Factor" }?.value)
      let described = try #require(schema["properties"]).names
      #expect(factors[0].names == described)
      #expect(factors[1].names == described.subtracting(["friendly_name"]))
      let path = "admin/users/\(Moved.user)/factors"
      let listed = try await auth.send("GET", path, token: auth.service)
      #expect(listed.json == .array(factors))
      _ = try await auth.sql("delete from auth.mfa_factors")
      #expect(try await auth.send("GET", path, token: auth.service).body == "[]")
      #expect(try await auth.user(session).json["factors"] == nil)
    }
  }
}

private enum Moved {
  static let user = "0000000d-0000-4000-8000-000000000000"
  static let session = "0000000e-0000-4000-8000-000000000000"
}

extension TestAuth {
  /// An account with one session whose third token counts; rows are as they are elsewhere.
  fileprivate func moveIn() async throws {
    _ = try await sql(
      """
      insert into auth.users (id, email, email_confirmed_at, raw_app_meta_data)
      values ('\(Moved.user)', 'old@example.com', now(), '{"provider": "email"}');
      insert into auth.sessions (id, user_id, aal, refresh_token_counter)
      values ('\(Moved.session)', '\(Moved.user)', null, null);
      insert into auth.mfa_amr_claims (session_id, authentication_method)
      values ('\(Moved.session)', 'password');
      insert into auth.refresh_tokens (
          token, user_id, revoked, parent, session_id, created_at, updated_at
      )
      select
          t.token, '\(Moved.user)', t.revoked, t.parent, '\(Moved.session)',
          now() - interval '1 hour', now() - interval '1 hour'
      from (values
          ('first1234567', true, null), ('second123456', true, 'first1234567'),
          ('third1234567', false, 'second123456')
      ) as t (token, revoked, parent);
      """
    )
  }
}

extension JSON {
  /// Of an object's members.
  fileprivate var names: Set<String> {
    if case .object(let members) = self { Set(members.map(\.name)) } else { [] }
  }
}
