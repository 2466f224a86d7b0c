import JSON
import TestSupport
import Testing

@testable import auth

@Suite("A user's account")
struct UserTests {
  private static let address = "ann@example.com"

  private func change(
    _ auth: TestAuth,
    _ session: TestSession,
    _ body: JSON
  ) async throws -> TestAnswer {
    try await auth.send("PUT", "user", body, token: session.access)
  }

  @Test("is shown to who brings a good token, and to nobody else")
  func isPrivate() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      #expect(try await auth.user(session).json == session.user)
      let keys = try TestKeys.shared
      let strange = "00000000-0000-4000-8000-000000000000"
      let sub: [String: JSON] = ["sub": .string(session.id)]
      let tokens: [(String?, Int, String)] = [
        (nil, 401, "no_authorization"), ("", 401, "no_authorization"),
        ("a.b.c", 403, "bad_jwt"), (session.access + "x", 403, "bad_jwt"),
        (try keys.token(role: "anon", [:]), 403, "bad_jwt"),
        (try keys.token(role: "service_role", [:]), 403, "bad_jwt"),
        (try keys.token(role: "authenticated", sub.merging(["exp": 1]) { $1 }), 403, "bad_jwt"),
        (
          try keys.token(role: "authenticated", sub.merging(["iss": "https://evil.com"]) { $1 }),
          403, "bad_jwt"
        ),
        (try keys.userToken(strange), 403, "user_not_found"),
        (
          try keys.token(
            role: "authenticated",
            sub.merging(["session_id": .string(strange)]) { $1 }
          ), 403, "session_not_found"
        ),
      ]
      for (token, status, code) in tokens {
        let answer = try await auth.send("GET", "user", token: token)
        #expect(answer.status == status)
        #expect(answer.errorCode == code)
      }
      #expect(try await auth.send("GET", "user", token: keys.userToken(session.id)).status == 200)
    }
  }

  @Test("keeps metadata that a change does not name, and loses what it sets to null")
  func mergesMetadata() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      _ = try await change(auth, session, ["data": ["a": 1, "b": ["x": nil], "c": "c"]])
      let answer = try await change(auth, session, ["data": ["a": nil, "c": "d", "e": [nil]]])
      #expect(answer.json["user_metadata"] == ["b": ["x": nil], "c": "d", "e": [nil]])
      let refreshed = try TestSession(try await auth.refresh(session.refresh))
      #expect(try refreshed.claims["user_metadata"]?["c"] == "d")
      let admin = try await change(auth, session, ["app_metadata": ["role": "admin"]])
      #expect(admin.status == 403)
      #expect(admin.errorCode == "not_admin")
    }
  }

  @Test("with much metadata still gets tokens that fit into a header")
  func keepsTokensShort() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let long = JSON.string(String(repeating: "x", count: 20_000))
      #expect(try await change(auth, session, ["data": ["long": long]]).status == 200)
      let next = try TestSession(try await auth.refresh(session.refresh))
      #expect(try next.claims["user_metadata"] == .object([]))
      #expect(try await auth.user(next).json["user_metadata"]?["long"] == long)
    }
  }

  @Test("gets a new password, which ends its other sessions and what was mailed")
  func changesPassword() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let other = try TestSession(try await auth.signIn())
      _ = try await auth.post("recover", ["email": .string(Self.address)])
      #expect(try await change(auth, session, ["password": "short"]).errorCode == "weak_password")
      let same = try await change(auth, session, ["password": .string(TestAuth.password)])
      #expect(same.status == 422)
      #expect(same.errorCode == "same_password")
      let wrong: JSON = ["password": "another password", "current_password": "wrong"]
      #expect(try await change(auth, session, wrong).errorCode == "invalid_credentials")
      #expect(try await auth.signIn().status == 200)
      let right: JSON = [
        "password": "another password", "current_password": .string(TestAuth.password),
      ]
      #expect(try await change(auth, session, right).status == 200)
      #expect(try await auth.user(session).status == 200)
      #expect(try await auth.refresh(session.refresh).status == 200)
      #expect(try await auth.user(other).errorCode == "session_not_found")
      #expect(try await auth.refresh(other.refresh).status == 400)
      #expect(try await auth.signIn().status == 400)
      #expect(try await auth.signIn(password: "another password").status == 200)
      #expect(try await auth.sql("select count(*) from auth.one_time_tokens") == "0")
    }
  }

  @Test("does not move where somebody wanted it to who knew its password before")
  func staysAfterRecovery() async throws {
    try await TestAuth.with(["AUTH_SECURE_EMAIL_CHANGE": "off"]) { auth async throws in
      let thief = try await auth.signUp()
      _ = try await change(auth, thief, ["email": "thief@example.com"])
      let mail = try #require(try await auth.mails(to: "thief@example.com").last)
      _ = try await auth.post("recover", ["email": .string(Self.address)])
      let link = try #require(try await auth.mails(to: Self.address).last)
      let owner = try TestSession(
        try await auth.post(
          "verify",
          ["type": "recovery", "token_hash": .string(link.tokenHash)]
        )
      )
      let set = try await change(auth, owner, ["password": "another password"])
      #expect(set.status == 200)
      #expect(set.json["new_email"] == nil)
      let moved = try await auth.post(
        "verify",
        ["type": "email_change", "token_hash": .string(mail.tokenHash)]
      )
      #expect(moved.errorCode == "otp_expired")
      #expect(try await auth.user(owner).json["email"] == .string(Self.address))
    }
  }

  @Test("may need a mailed code for a new password when the sign-in is old")
  func reauthenticates() async throws {
    try await TestAuth.with(["AUTH_REAUTHENTICATION": "on"]) { auth async throws in
      let session = try await auth.signUp()
      _ = try await auth.sql("update auth.sessions set created_at = now() - interval '25 hours'")
      let without = try await change(auth, session, ["password": "another password"])
      #expect(without.status == 400)
      #expect(without.errorCode == "reauthentication_needed")
      #expect(try await auth.send("GET", "reauthenticate", token: session.access).body == "{}")
      let mail = try #require(try await auth.mails(to: Self.address).last)
      #expect(mail.kind == .reauthentication)
      func set(
        _ nonce: String,
        _ password: String = "another password"
      ) async throws -> TestAnswer {
        try await change(
          auth,
          session,
          ["password": .string(password), "nonce": .string(nonce)]
        )
      }
      // What is refused for another reason leaves the code as it is.
      #expect(try await set(mail.token, TestAuth.password).errorCode == "same_password")
      #expect(try await set(mail.token, "short").errorCode == "weak_password")
      #expect(try await set("wrong").errorCode == "reauthentication_not_valid")
      #expect(try await set(mail.token).status == 200)
      #expect(try await set(mail.token).status >= 400)
    }
  }

  @Test("moves to a new address when both addresses have agreed")
  func changesAddress() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      _ = try await auth.signUp("bob@example.com")
      let taken = try await change(auth, session, ["email": "Bob@example.com"])
      #expect(taken.errorCode == "email_exists")
      #expect(try await change(auth, session, ["email": "x"]).errorCode == "validation_failed")
      let answer = try await change(auth, session, ["email": "New@example.com"])
      #expect(answer.json["new_email"] == "new@example.com")
      #expect(answer.json["email"] == "ann@example.com")
      let toNew = try #require(try await auth.mails(to: "new@example.com").last)
      let toOld = try #require(try await auth.mails(to: Self.address).last)
      #expect(toNew.kind == .emailChange)
      #expect(toOld.newEmail == "new@example.com")
      func verify(_ mail: MailContent) async throws -> TestAnswer {
        try await auth.post(
          "verify",
          ["type": "email_change", "token_hash": .string(mail.tokenHash)]
        )
      }
      let half = try await verify(toNew)
      #expect(half.json["code"] == "200")
      #expect(half.json["access_token"] == nil)
      #expect(try await auth.user(session).json["email"] == "ann@example.com")
      let moved = try TestSession(try await verify(toOld))
      #expect(moved.user["email"] == "new@example.com")
      #expect(moved.user["new_email"] == nil)
      let identity = try #require(moved.user["identities"]?.elements?.first)
      #expect(identity["email"] == "new@example.com")
      #expect(try await auth.signIn("new@example.com").status == 200)
      #expect(try await auth.signIn().status == 400)
    }
  }

  @Test("moves by the new address alone once the old one has lost its say")
  func movesAfterAll() async throws {
    try await TestAuth.with(["AUTH_SECURE_EMAIL_CHANGE": "off"]) { auth async throws in
      let session = try await auth.signUp()
      // As it is when the change was asked for while the old one had one.
      _ = try await auth.sql(
        """
        update auth.users set email_change = 'new@example.com', email_change_confirm_status = 0
        """
      )
      _ = try await auth.post("resend", ["type": "email_change", "email": .string(Self.address)])
      let mail = try #require(try await auth.mails(to: "new@example.com").last)
      let moved = try await auth.post(
        "verify",
        ["type": "email_change", "token_hash": .string(mail.tokenHash)]
      )
      #expect(moved.json["user"]?["email"] == "new@example.com")
      #expect(try await auth.user(session).json["email"] == "new@example.com")
    }
  }

  @Test("does not get an address that somebody else confirmed meanwhile")
  func losesRaces() async throws {
    try await TestAuth.with(["AUTH_SECURE_EMAIL_CHANGE": "off"]) { auth async throws in
      let session = try await auth.signUp()
      _ = try await change(auth, session, ["email": "new@example.com"])
      let mail = try #require(try await auth.mails(to: "new@example.com").last)
      _ = try await auth.sql("insert into auth.users (email) values ('new@example.com')")
      let answer = try await auth.post(
        "verify",
        ["type": "email_change", "token_hash": .string(mail.tokenHash)]
      )
      #expect(answer.status == 422)
      #expect(answer.errorCode == "email_exists")
    }
  }

  @Test("that somebody else signed the address up for is not theirs when its owner comes by mail")
  func resistsHijacking() async throws {
    for path in ["recover", "otp"] {
      try await TestAuth.with { auth async throws in
        _ = try await auth.post(
          "signup",
          ["email": .string(Self.address), "password": "the attacker's own"]
        )
        _ = try await auth.post(path, ["email": .string(Self.address)])
        let mail = try #require(try await auth.mails(to: Self.address).last)
        let type: JSON = path == "recover" ? "recovery" : "magiclink"
        let answer = try await auth.post(
          "verify",
          ["type": type, "token_hash": .string(mail.tokenHash)]
        )
        #expect(answer.status == 200)
        #expect(try await auth.signIn(password: "the attacker's own").status == 400)
      }
    }
  }

  @Test("that somebody else signed the address up for is not theirs when its owner was invited")
  func resistsHijackingByInvitation() async throws {
    for path in ["invite", "admin/generate_link"] {
      try await TestAuth.with { auth async throws in
        let attackers: JSON = [
          "email": .string(Self.address), "password": "the attacker's own",
          "data": ["name": "Eve"],
        ]
        _ = try await auth.post("signup", attackers)
        let invitation: JSON = [
          "type": "invite", "email": .string(Self.address), "data": ["team": "blue"],
        ]
        let invited = try await auth.post(path, invitation, token: auth.service)
        #expect(invited.json["user_metadata"] == ["team": "blue"])
        // Who comes again, now that somebody is invited, takes nothing away.
        let again = try await auth.post("signup", attackers)
        #expect(again.json["user_metadata"] == ["team": "blue"])
        let mail = try #require(try await auth.mails(to: Self.address).last)
        let answer = try await auth.post(
          "verify",
          ["type": "signup", "token_hash": .string(mail.tokenHash)]
        )
        #expect(answer.status == 200)
        #expect(try await auth.signIn(password: "the attacker's own").status == 400)
      }
    }
  }
}
