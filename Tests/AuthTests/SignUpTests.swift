import JSON
import TestSupport
import Testing

@testable import auth

@Suite("A sign-up")
struct SignUpTests {
  private static let form: JSON = [
    "email": "Ann@Example.com", "password": .string(TestAuth.password),
    "data": ["name": "Ann", "nothing": nil], "gotrue_meta_security": .object([]),
    "code_challenge": nil, "code_challenge_method": nil,
  ]

  @Test("is answered with the bare user, and mails a link and a code that sign in")
  func confirmsByCode() async throws {
    try await TestAuth.with { auth async throws in
      let answer = try await auth.post("signup", Self.form)
      #expect(answer.status == 200)
      #expect(answer.json["access_token"] == nil)
      #expect(answer.json["email"] == "ann@example.com")
      #expect(answer.json["aud"] == "authenticated")
      #expect(answer.json["confirmation_sent_at"]?.text != nil)
      #expect(answer.json["email_confirmed_at"] == nil)
      #expect(answer.json["user_metadata"] == ["name": "Ann"])
      #expect(answer.json["app_metadata"]?["provider"] == "email")
      let identity = try #require(answer.json["identities"]?.elements?.first)
      #expect(identity["identity_id"]?.text != nil)
      #expect(identity["id"] == answer.json["id"])
      #expect(identity["identity_data"]?["email_verified"] == false)
      #expect(identity["identity_data"]?["name"] == "Ann")

      let mail = try #require(try await auth.mails(to: "ann@example.com").first)
      #expect(mail.kind == .confirmation)
      #expect(mail.token.count == 6)
      #expect(mail.data == ["name": "Ann"])
      #expect(mail.redirectTo == "https://app.example")

      #expect(try await auth.signIn().errorCode == "email_not_confirmed")
      let session = try await auth.confirm("ann@example.com")
      #expect(session.user["email_confirmed_at"]?.text != nil)
      #expect(session.user["id"] == answer.json["id"])
      #expect(try session.claims["amr"]?.elements?.first?["method"] == "email/signup")
      #expect(try await auth.user(session).json == session.user)
      #expect(try await auth.signIn().status == 200)
    }
  }

  @Test("of a confirmed address looks like any other but for its empty list of identities")
  func hidesAccounts() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let again = try await auth.post("signup", Self.form)
      #expect(again.status == 200)
      #expect(again.json["identities"] == [])
      #expect(again.json["id"] != session.user["id"])
      #expect(again.json["user_metadata"]?["name"] == "Ann")
      #expect(try await auth.mails(to: "ann@example.com").count == 1)
      let new = try await auth.post(
        "signup",
        ["email": "new@example.com", "password": .string(TestAuth.password)]
      )
      #expect(Set(new.names).subtracting(again.names).isEmpty)
    }
  }

  @Test("of an address that waits mails again, and goes on with the same password")
  func mailsAgain() async throws {
    try await TestAuth.with { auth async throws in
      let first = try await auth.post("signup", Self.form)
      let second = try await auth.post("signup", Self.form)
      #expect(second.json["id"] == first.json["id"])
      #expect(second.json["user_metadata"] == ["name": "Ann"])
      let mails = try await auth.mails(to: "ann@example.com")
      #expect(mails.map(\.data) == [["name": "Ann"], ["name": "Ann"]])
      let old = try await auth.post(
        "verify",
        ["type": "signup", "email": "ann@example.com", "token": .string(mails[0].token)]
      )
      #expect(old.errorCode == "otp_expired")
      _ = try await auth.confirm("ann@example.com")
      #expect(try await auth.signIn().status == 200)
    }
  }

  @Test("of an address that waits by somebody with another password leaves neither's word")
  func provesNoPassword() async throws {
    try await TestAuth.with { auth async throws in
      let first = try await auth.post("signup", Self.form)
      let eves: JSON = [
        "email": "ann@example.com", "password": "another password", "data": ["name": "Eve"],
      ]
      let second = try await auth.post("signup", eves)
      #expect(second.json["id"] == first.json["id"])
      #expect(second.json["user_metadata"] == .object([]))
      #expect(second.json["identities"]?.elements?.first?["identity_data"]?["name"] == nil)
      #expect(try await auth.mails(to: "ann@example.com").map(\.data).last == .object([]))
      // Nor does a password come back that is said once more.
      _ = try await auth.post("signup", eves)
      let session = try await auth.confirm("ann@example.com")
      for password in ["another password", TestAuth.password] {
        #expect(try await auth.signIn(password: password).status == 400)
      }
      let own: JSON = ["password": "the owner's own"]
      #expect(try await auth.send("PUT", "user", own, token: session.access).status == 200)
      #expect(try await auth.signIn(password: "the owner's own").status == 200)
    }
  }

  @Test(
    "refuses what is no address and no password",
    arguments: [
      ("ann@example.com", "short", 422, "weak_password"),
      ("ann@example.com", String(repeating: "ü", count: 37), 400, "validation_failed"),
      ("ann@example.com", "", 400, "validation_failed"),
      ("ann", "correct horse", 400, "validation_failed"),
      ("ann@", "correct horse", 400, "validation_failed"),
      ("a b@example.com", "correct horse", 400, "validation_failed"),
      ("ann@example.com\r\nBcc: eve@example.com", "correct horse", 400, "validation_failed"),
      ("ann@exämple.com", "correct horse", 400, "validation_failed"),
    ]
  )
  func validates(_ email: String, _ password: String, _ status: Int, _ code: String) async throws {
    try await TestAuth.with { auth async throws in
      let answer = try await auth.post(
        "signup",
        ["email": .string(email), "password": .string(password)]
      )
      #expect(answer.status == status)
      #expect(answer.errorCode == code)
      if code == "weak_password" {
        #expect(answer.json["weak_password"]?["reasons"] == ["length"])
      }
      #expect(try await auth.sql("select count(*) from auth.users") == "0")
    }
  }

  @Test("asks for characters of each set")
  func wantsCharacters() async throws {
    try await TestAuth.with(["AUTH_PASSWORD_CHARACTERS": "abcdef:0123456789"]) {
      auth async throws in
      let answer = try await auth.post(
        "signup",
        ["email": "ann@example.com", "password": "abcdefghij"]
      )
      #expect(answer.json["weak_password"]?["reasons"] == ["characters"])
    }
  }

  @Test("that a trigger of the application refuses leaves nothing behind")
  func rollsBack() async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.sql("delete from public.subscription_tier")
      let answer = try await auth.post("signup", Self.form)
      #expect(answer.status == 500)
      #expect(answer.json["msg"] == "Database error saving new user")
      #expect(answer.headers["x-sb-error-code"] == "unexpected_failure")
      let left = try await auth.sql(
        """
        select (select count(*) from auth.users) + (select count(*) from auth.identities)
            + (select count(*) from auth.one_time_tokens) + (select count(*) from auth.outgoing_mail)
        """
      )
      #expect(left == "0")
    }
  }

  @Test("gives a session at once where nothing has to be confirmed")
  func signsInAtOnce() async throws {
    try await TestAuth.with(["AUTH_EMAIL_CONFIRM": "off"]) { auth async throws in
      let session = try TestSession(try await auth.post("signup", Self.form))
      #expect(session.user["email_confirmed_at"]?.text != nil)
      #expect(try session.claims["amr"]?.elements?.first?["method"] == "password")
      #expect(try await auth.mails(to: "ann@example.com").isEmpty)
      let again = try await auth.post("signup", Self.form)
      #expect(again.status == 422)
      #expect(again.errorCode == "user_already_exists")
    }
  }

  @Test(
    "is refused where there are none",
    arguments: [
      (["AUTH_SIGNUP_ENABLED": "off"], "signup_disabled"),
      (["AUTH_EMAIL_ENABLED": "off"], "email_provider_disabled"),
      (["AUTH_ENABLED": "off"], "provider_disabled"),
    ]
  )
  func isSwitchedOff(_ settings: [String: String], _ code: String) async throws {
    try await TestAuth.with(settings) { auth async throws in
      let answer = try await auth.post("signup", Self.form)
      #expect(answer.status == 422)
      #expect(answer.errorCode == code)
      #expect(try await auth.send("GET", "health").status == 200)
    }
  }

  @Test("without an address is anonymous, where that is allowed")
  func isAnonymous() async throws {
    try await TestAuth.with { auth async throws in
      #expect(try await auth.post("signup", .object([])).errorCode == "anonymous_provider_disabled")
    }
    try await TestAuth.with(["AUTH_ANONYMOUS_ENABLED": "on"]) { auth async throws in
      let session = try TestSession(try await auth.post("signup", ["data": ["theme": "dark"]]))
      #expect(session.user["is_anonymous"] == true)
      #expect(session.user["user_metadata"] == ["theme": "dark"])
      #expect(session.user["email"] == "")
      #expect(try session.claims["is_anonymous"] == true)
      let change = try await auth.send(
        "PUT",
        "user",
        ["password": "a good password"],
        token: session.access
      )
      #expect(change.status == 422)
      // With an address that is confirmed it is an account like any other.
      _ = try await auth.send("PUT", "user", ["email": "ann@example.com"], token: session.access)
      let code = try #require(try await auth.mails(to: "ann@example.com").last?.token)
      let moved = try TestSession(
        try await auth.post(
          "verify",
          ["type": "email_change", "email": "ann@example.com", "token": .string(code)]
        )
      )
      #expect(moved.user["id"] == session.user["id"])
      #expect(moved.user["is_anonymous"] == false)
      #expect(moved.user["app_metadata"]?["provider"] == "email")
      #expect(moved.user["identities"]?.elements?.count == 1)
    }
  }

  @Test("without an address gets one, and a password with it, in one step")
  func becomesKnown() async throws {
    let settings = ["AUTH_ANONYMOUS_ENABLED": "on", "AUTH_REAUTHENTICATION": "on"]
    try await TestAuth.with(settings) { auth async throws in
      let session = try TestSession(try await auth.post("signup", .object([])))
      _ = try await auth.sql("update auth.sessions set created_at = now() - interval '25 hours'")
      let change: JSON = ["email": "ann@example.com", "password": .string(TestAuth.password)]
      let asked = try await auth.send("PUT", "user", change, token: session.access)
      #expect(asked.status == 200)
      #expect(asked.json["new_email"] == "ann@example.com")
      #expect(try await auth.signIn().status == 400)
      let mail = try #require(try await auth.mails(to: "ann@example.com").last)
      let moved = try await auth.post(
        "verify",
        ["type": "email_change", "token_hash": .string(mail.tokenHash)]
      )
      #expect(moved.json["user"]?["id"] == session.user["id"])
      #expect(try TestSession(try await auth.signIn()).user["id"] == session.user["id"])
    }
  }
}

extension TestAnswer {
  /// Of the members of its body.
  var names: [String] {
    if case .object(let members) = json { members.map(\.name) } else { [] }
  }
}
