import JSON
import TestSupport
import Testing

@testable import auth

@Suite("An answer of auth")
struct WireTests {
  @Test(
    "that is an error has the shape that the client's version of the API reads",
    arguments: [
      ("2024-01-01", true), ("2026-11-24", true), ("2023-12-31", false), ("soon", false),
      ("", false),
    ]
  )
  func hasTwoShapes(_ version: String, _ isNew: Bool) async throws {
    try await TestAuth.with { auth async throws in
      let headers = version.isEmpty ? [:] : ["X-Supabase-Api-Version": version]
      let answer = try await auth.post(
        "token?grant_type=password",
        ["email": "a@b.c", "password": "x"],
        headers: headers
      )
      #expect(answer.status == 400)
      #expect(answer.headers["x-sb-error-code"] == "invalid_credentials")
      #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true)
      let expected: JSON =
        isNew
        ? ["code": "invalid_credentials", "message": "Invalid login credentials"]
        : [
          "code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials",
        ]
      #expect(answer.json == expected)
      #expect(answer.headers["x-supabase-api-version"] == (isNew ? "2024-01-01" : nil))
    }
  }

  @Test(
    "is a refusal to a number that can't be kept",
    arguments: [
      ("1e999999", 400), ("-1E+309", 400), ("1e-999999", 400), ("1e99999999999999999999", 400),
      (String(repeating: "9", count: 200_000), 400), (#"{"b":[1e400]}"#, 400), ("1e308", 200),
      ("-1.5E-0300", 200), (#"{"b":[0.25]}"#, 200),
    ]
  )
  func keepsNumbers(_ value: String, _ status: Int) async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let data = #"{"a":\#(value)}"#
      let requests: [(String, String, String?, String)] = try [
        ("PUT", "user", session.access, #"{"data":\#(data)}"#),
        ("POST", "signup", nil, #"{"email":"b@b.c","password":"good enough","data":\#(data)}"#),
        ("POST", "otp", nil, #"{"email":"c@b.c","data":\#(data)}"#),
        ("POST", "admin/users", auth.service, #"{"email":"d@b.c","user_metadata":\#(data)}"#),
      ]
      for (method, path, token, body) in requests {
        let answer = try await auth.server.send(
          method,
          "/auth/v1/\(path)",
          token: token,
          body: body
        )
        #expect(answer.status == status, "\(path): \(answer.body.prefix(200))")
        if status == 400 { #expect(answer.errorCode == "validation_failed") }
      }
    }
  }

  @Test("names what is on and what is off")
  func tellsSettings() async throws {
    try await TestAuth.with { auth async throws in
      let settings = try await auth.send("GET", "settings").json
      #expect(settings["external"]?["email"] == true)
      for name in ["phone", "anonymous_users", "google", "github", "apple"] {
        #expect(settings["external"]?[name] == false)
      }
      #expect(settings["disable_signup"] == false)
      #expect(settings["mailer_autoconfirm"] == false)
      #expect(settings["saml_enabled"] == false)
      #expect(settings["sms_provider"] == "")
      let health = try await auth.send("GET", "health").json
      #expect(health["name"] == "GoTrue")
      #expect(health["version"]?.text != nil)
    }
    let other = ["AUTH_EMAIL_CONFIRM": "off", "AUTH_SIGNUP_ENABLED": "off"]
    try await TestAuth.with(other) { auth async throws in
      let settings = try await auth.send("GET", "settings").json
      #expect(settings["disable_signup"] == true)
      #expect(settings["mailer_autoconfirm"] == true)
    }
  }

  @Test("tells public keys alone")
  func tellsPublicKeys() async throws {
    let keys = try TestKeys.shared
    let secret =
      #"{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTAwMDA","alg":"HS256","kid":"h"}"#
    let set = "{\"keys\":[\(keys.jwk),\(secret)]}"
    try await TestAuth.with { auth async throws in
      let answer = try await auth.send("GET", ".well-known/jwks.json")
      #expect(answer.headers["cache-control"] == "public, max-age=600")
      #expect(answer.json == (try JSON(parsing: Array(keys.set.utf8))))
      let configuration = try await auth.send("GET", ".well-known/openid-configuration").json
      #expect(configuration["issuer"] == "https://api.example/auth/v1")
      #expect(configuration["jwks_uri"] == "https://api.example/auth/v1/.well-known/jwks.json")
      #expect(configuration["id_token_signing_alg_values_supported"] == ["ES256"])
    }
    let json = try PublicKeys.json(of: set)
    let text = String(decoding: json, as: UTF8.self)
    #expect(!text.contains("\"d\""))
    #expect(!text.contains("\"k\""))
    #expect(!text.contains("oct"))
  }

  @Test(
    "says of a way that is not offered what clients know",
    arguments: [
      ("GET", "authorize?provider=google", 400, "validation_failed"),
      ("GET", "callback", 400, "validation_failed"),
      ("POST", "sso", 404, "saml_provider_disabled"),
      ("POST", "factors", 422, "mfa_totp_enroll_not_enabled"),
      ("GET", "user/identities/authorize", 401, "no_authorization"),
      ("GET", "nothing", 404, "validation_failed"), ("GET", "", 404, "validation_failed"),
      ("GET", "signup", 405, "validation_failed"), ("DELETE", "user", 405, "validation_failed"),
      ("GET", "admin/users/x/y/z", 404, "validation_failed"),
    ]
  )
  func refusesTheRest(
    _ method: String,
    _ path: String,
    _ status: Int,
    _ code: String
  ) async throws {
    try await TestAuth.with { auth async throws in
      let answer = try await auth.send(method, path, method == "POST" ? .object([]) : nil)
      #expect(answer.status == status)
      #expect(answer.errorCode == code)
    }
  }

  @Test("refuses a body that is too long, and ignores credentials where none are needed")
  func hasLimits() async throws {
    try await TestAuth.with { auth async throws in
      let long = JSON.string(String(repeating: "x", count: 1_100_000))
      #expect(try await auth.post("signup", ["email": long]).status == 413)
      let session = try await auth.signUp()
      let stale = ["Authorization": "Bearer stale.and.wrong", "apikey": "nothing"]
      let answer = try await auth.post(
        "token?grant_type=refresh_token",
        ["refresh_token": .string(session.refresh)],
        headers: stale
      )
      #expect(answer.status == 200)
    }
  }

  @Test("answers in time that a request takes too long, in the shape that its client knows")
  func watchesTheClock() async throws {
    try await TestAuth.with(["AUTH_REQUEST_SECONDS": "1"]) { auth async throws in
      let session = try await auth.signUp()
      // For less than a statement may take.
      let holder = Task {
        try await auth.sql("begin; lock table auth.users; select pg_sleep(6); commit;")
      }
      let sleepers = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
      while try await auth.sql(sleepers) == "0" {}
      let first = try await auth.refresh(session.refresh)
      let second = try await auth.send(
        "GET",
        "user",
        token: session.access,
        headers: ["x-supabase-api-version": "2024-01-01"]
      )
      #expect(try await auth.sql(sleepers) == "1")
      for answer in [first, second] {
        #expect(answer.status == 504)
        #expect(answer.headers["x-sb-error-code"] == "request_timeout")
        #expect(answer.headers["x-request-id"] != nil)
      }
      #expect(first.json["code"]?.integer == 504)
      #expect(first.json["error_code"] == "request_timeout")
      #expect(first.json["msg"]?.text?.hasPrefix("Processing this request timed out") == true)
      #expect(second.json["code"] == "request_timeout")
      #expect(second.headers["x-supabase-api-version"] == "2024-01-01")
      _ = try await holder.value
      #expect(try await auth.refresh(session.refresh).status == 200)
    }
  }

  @Test("lists the methods of a place when it is asked for its options")
  func listsMethods() async throws {
    try await TestAuth.with { auth async throws in
      let answer = try await auth.send("OPTIONS", "user")
      #expect(answer.status == 204)
      #expect(answer.headers["allow"] == "GET, PUT")
    }
  }
}
