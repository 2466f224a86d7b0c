import Core
import Crypto
import JSON
import Loop
import TestSupport
import Testing

@testable import auth

@Suite("A sign-in")
struct SignInTests {
  @Test("is refused in the same words for a wrong password, an unknown address and no password")
  func tellsNothing() async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.signUp()
      _ = try await auth.post("otp", ["email": "otp@example.com"])
      let answers = try await [
        auth.signIn(password: "a wrong password"), auth.signIn("nobody@example.com"),
        auth.signIn("otp@example.com"), auth.signIn(password: String(repeating: "x", count: 100)),
      ]
      for answer in answers {
        #expect(answer.status == 400)
        #expect(answer.body == answers[0].body)
        #expect(answer.errorCode == "invalid_credentials")
        #expect(answer.json["msg"] == "Invalid login credentials")
      }
    }
  }

  @Test("says who signed in, how and when")
  func opensSessions() async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.signUp()
      let session = try TestSession(try await auth.signIn("ANN@example.com"))
      let claims = try session.claims
      #expect(claims["iss"] == "https://api.example/auth/v1")
      #expect(claims["sub"] == session.user["id"])
      #expect(claims["aud"] == "authenticated")
      #expect(claims["role"] == "authenticated")
      #expect(claims["aal"] == "aal1")
      #expect(claims["email"] == "ann@example.com")
      #expect(claims["phone"] == "")
      #expect(claims["is_anonymous"] == false)
      let amr = try #require(claims["amr"]?.elements?.first)
      #expect(amr["method"] == "password")
      #expect(amr["timestamp"]?.integer != nil)
      let issued = try #require(claims["iat"]?.integer)
      #expect(claims["exp"]?.integer == issued + 3600)
      #expect(session.answer.json["expires_at"]?.integer == issued + 3600)
      #expect(session.answer.headers["cache-control"] == "no-store")
      #expect(session.user["last_sign_in_at"]?.text != nil)
    }
  }

  @Test("knows accounts that were made by hand, whatever they leave null")
  func readsHandMade() async throws {
    try await TestAuth.with { auth async throws in
      let hash = try Bcrypt.hash(TestAuth.password.utf8.span, cost: 4)
      _ = try await auth.sql(
        """
        insert into auth.users (id, email, encrypted_password, email_confirmed_at,
            phone_change, phone_change_token, email_change_token_current, reauthentication_token,
            email_change_confirm_status)
        values (gen_random_uuid(), 'Hand@Example.com', '\(hash)', now(), null, null, null, null,
            null);
        insert into auth.users (email, raw_user_meta_data, raw_app_meta_data)
        values ('odd@example.com', '"text"', 'null')
        """
      )
      let session = try TestSession(try await auth.signIn("hand@example.com"))
      #expect(session.user["app_metadata"] == .object([]))
      #expect(session.user["user_metadata"] == .object([]))
      #expect(session.user["aud"] == "authenticated")
      #expect(session.user["role"] == "authenticated")
      #expect(session.user["identities"] == [])
      #expect(session.user["new_email"] == nil)
      #expect(try await auth.refresh(session.refresh).status == 200)
      let change = try await auth.send("PUT", "user", ["data": ["a": 1]], token: session.access)
      #expect(change.json["user_metadata"] == ["a": 1])
      for path in ["recover", "otp", "magiclink"] {
        #expect(try await auth.post(path, ["email": "odd@example.com"]).status == 200)
        #expect(try await auth.post(path, ["email": "hand@example.com"]).status == 200)
      }
      let list = try await auth.send("GET", "admin/users", token: auth.service)
      #expect(list.json["users"]?.elements?.count == 2)
      #expect(list.json["users"]?.elements?.allSatisfy { $0["user_metadata"] != nil } == true)
    }
  }

  @Test(
    "takes a hash that it can't compare with for no password at all",
    arguments: [
      "", "plain text", "$argon2id$v=19$m=64,t=2,p=1$c2FsdA$aGFzaA",
      "$2b$31$" + String(repeating: "a", count: 53),
    ]
  )
  func survivesHashes(_ hash: String) async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.sql(
        """
        insert into auth.users (email, encrypted_password, email_confirmed_at)
        values ('ann@example.com', '\(hash)', now())
        """
      )
      #expect(try await auth.signIn().errorCode == "invalid_credentials")
      #expect(try await auth.signIn(password: hash.isEmpty ? "x" : hash).status == 400)
    }
  }

  @Test("is refused to who is banned, but only with the right password")
  func refusesBanned() async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.signUp()
      _ = try await auth.sql("update auth.users set banned_until = now() + interval '1 hour'")
      #expect(try await auth.signIn().errorCode == "user_banned")
      #expect(try await auth.signIn(password: "wrong").errorCode == "invalid_credentials")
      for path in ["recover", "otp", "resend"] {
        let body: JSON = ["email": "ann@example.com", "type": "signup"]
        #expect(try await auth.post(path, body).body == "{}")
      }
      #expect(try await auth.mails(to: "ann@example.com").count == 1)
    }
  }

  @Test(
    "refuses requests that name nobody, or in a way that is not offered",
    arguments: [
      ("password", #"{"password":"x"}"#, 400, "validation_failed"),
      ("password", #"{"email":null,"phone":null,"password":"x"}"#, 400, "validation_failed"),
      ("password", #"{"email":"a@b.c","phone":"1","password":"x"}"#, 400, "validation_failed"),
      ("password", #"{"phone":"+1555","password":"x"}"#, 422, "phone_provider_disabled"),
      ("password", #"{"email":7}"#, 400, "bad_json"),
      ("password", #"["email"]"#, 400, "bad_json"),
      ("password", #"{"email":"#, 400, "bad_json"),
      ("password", "", 400, "bad_json"),
      ("id_token", #"{"provider":"google"}"#, 400, "provider_disabled"),
      ("magic", "{}", 400, "invalid_credentials"),
      ("pkce", #"{"auth_code":"x"}"#, 400, "validation_failed"),
      ("pkce", #"{"auth_code":"x","code_verifier":"y"}"#, 404, "flow_state_not_found"),
    ]
  )
  func validates(_ grant: String, _ body: String, _ status: Int, _ code: String) async throws {
    try await TestAuth.with { auth async throws in
      let answer = try await auth.server.send(
        "POST",
        "/auth/v1/token?grant_type=\(grant)",
        body: body
      )
      #expect(answer.status == status)
      #expect(answer.errorCode == code)
      #expect(answer.headers["x-sb-error-code"] == code)
    }
  }

  @Test("has nothing mailed, and nothing mailed signs in, where mail addresses are no way in")
  func goesWithoutMail() async throws {
    let settings = ["AUTH_EMAIL_ENABLED": "off", "AUTH_ANONYMOUS_ENABLED": "on"]
    try await TestAuth.with(settings) { auth async throws in
      let session = try TestSession(try await auth.post("signup", .object([])))
      _ = try await auth.sql(
        """
        insert into auth.users (email, email_confirmed_at) values ('ann@example.com', now())
        """
      )
      let address: JSON = "ann@example.com"
      let refused: [(String, String, JSON?, String?)] = try [
        ("POST", "recover", ["email": address], nil),
        ("POST", "otp", ["email": address], nil),
        ("POST", "magiclink", ["email": address], nil),
        ("POST", "resend", ["email": address, "type": "signup"], nil),
        ("POST", "resend", ["email": address, "type": "email_change"], nil),
        ("POST", "verify", ["email": address, "type": "email", "token": "000000"], nil),
        ("POST", "verify", ["type": "recovery", "token_hash": "x"], nil),
        ("PUT", "user", ["email": "new@example.com"], session.access),
        ("GET", "reauthenticate", nil, session.access),
        ("POST", "invite", ["email": "new@example.com"], auth.service),
        ("POST", "admin/generate_link", ["type": "recovery", "email": address], auth.service),
      ]
      for (method, path, body, token) in refused {
        let answer = try await auth.send(method, path, body, token: token)
        #expect(answer.status == 422, "\(path)")
        #expect(answer.errorCode == "email_provider_disabled", "\(path)")
      }
      let link = try await auth.send("GET", "verify?type=recovery&token=x")
      #expect(link.leads("#", "error_code") == "email_provider_disabled")
      let change: JSON = ["data": ["a": 1]]
      #expect(try await auth.send("PUT", "user", change, token: session.access).status == 200)
      #expect(try await auth.sql("select count(*) from auth.outgoing_mail") == "0")
    }
  }

  @Test("tells who signs in with a password that would no longer be taken")
  func warnsOfWeakness() async throws {
    try await TestAuth.with(["AUTH_PASSWORD_MIN_LENGTH": "40"]) { auth async throws in
      let hash = try Bcrypt.hash(TestAuth.password.utf8.span, cost: 4)
      _ = try await auth.sql(
        """
        insert into auth.users (email, encrypted_password, email_confirmed_at)
        values ('ann@example.com', '\(hash)', now())
        """
      )
      let answer = try await auth.signIn()
      #expect(answer.status == 200)
      #expect(answer.json["weak_password"]?["reasons"] == ["length"])
    }
  }
}
