import JSON
import TestSupport
import Testing

@testable import auth

@Suite("What was mailed")
struct VerifyTests {
  private static let address = "ann@example.com"

  /// Where a link leads; its host is not asked.
  private func follow(
    _ link: String,
    _ auth: TestAuth,
    method: String = "GET"
  ) async throws -> TestAnswer {
    let path = try #require(link.split(separator: "/", maxSplits: 2).last)
    return try await auth.server.send(method, "/\(path)")
  }

  private func signUp(_ auth: TestAuth, _ extra: [JSON.Member] = []) async throws -> MailContent {
    let members = [
      JSON.Member("email", .string(Self.address)),
      JSON.Member("password", .string(TestAuth.password)),
    ]
    let answer = try await auth.post("signup", .object(members + extra))
    try #require(answer.status == 200)
    return try #require(try await auth.mails(to: Self.address).last)
  }

  @Test("leads with its session behind # to where the sign-up was begun, once")
  func leadsImplicitly() async throws {
    try await TestAuth.with { auth async throws in
      let mail = try await signUp(auth)
      let answer = try await follow(mail.confirmationURL, auth)
      #expect(answer.status == 303)
      #expect(answer.headers["location"]?.hasPrefix("https://app.example#access_token=") == true)
      #expect(answer.headers["referrer-policy"] == "no-referrer")
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(answer.leads("#", "type") == "signup")
      #expect(answer.leads("#", "token_type") == "bearer")
      #expect(answer.leads("#", "expires_in") == "3600")
      let refresh = try #require(answer.leads("#", "refresh_token"))
      #expect(try await auth.refresh(refresh).status == 200)
      let again = try await follow(mail.confirmationURL, auth)
      #expect(again.status == 303)
      for mark: Character in ["?", "#"] {
        #expect(again.leads(mark, "error") == "access_denied")
        #expect(again.leads(mark, "error_code") == "otp_expired")
        #expect(again.leads(mark, "error_description") == "Email link is invalid or has expired")
      }
    }
  }

  @Test("is not used up by who only looks (HEAD)")
  func survivesScanners() async throws {
    try await TestAuth.with { auth async throws in
      let mail = try await signUp(auth)
      #expect(try await follow(mail.confirmationURL, auth, method: "HEAD").status == 405)
      #expect(try await follow(mail.confirmationURL, auth).leads("#", "access_token") != nil)
    }
  }

  @Test("leads with a code where a challenge was given, which its verifier's holder uses once")
  func leadsWithCodes() async throws {
    try await TestAuth.with { auth async throws in
      let verifier = String(repeating: "v", count: 64)
      let challenge = try CodeChallenge.s256(of: verifier)
      let mail = try await signUp(
        auth,
        [
          JSON.Member("code_challenge", .string(challenge)),
          JSON.Member("code_challenge_method", "S256"),
        ]
      )
      // Nobody gets around the challenge by taking its mark from the link.
      let bare = mail.confirmationURL.withoutMark
      #expect(try await follow(bare, auth).leads("#", "error_code") == "otp_expired")
      let answer = try await follow(mail.confirmationURL, auth)
      let code = try #require(answer.leads("?", "code"))
      #expect(answer.leads("#", "access_token") == nil)
      func exchange(_ verifier: String) async throws -> TestAnswer {
        try await auth.post(
          "token?grant_type=pkce",
          ["auth_code": .string(code), "code_verifier": .string(verifier)]
        )
      }
      #expect(
        try await exchange(String(repeating: "w", count: 64)).errorCode == "bad_code_verifier"
      )
      #expect(try await exchange(challenge).errorCode == "bad_code_verifier")
      let session = try TestSession(try await exchange(verifier))
      #expect(try session.claims["amr"]?.elements?.first?["method"] == "email/signup")
      #expect(try await exchange(verifier).errorCode == "flow_state_not_found")
    }
  }

  @Test("leads with a code that is good for five minutes")
  func codesExpire() async throws {
    try await TestAuth.with { auth async throws in
      let plain = String(repeating: "p", count: 43)
      let mail = try await signUp(
        auth,
        [
          JSON.Member("code_challenge", .string(plain)),
          JSON.Member("code_challenge_method", "plain"),
        ]
      )
      let code = try #require(try await follow(mail.confirmationURL, auth).leads("?", "code"))
      _ = try await auth.sql(
        "update auth.flow_state set auth_code_issued_at = now() - interval '301 seconds'"
      )
      let answer = try await auth.post(
        "token?grant_type=pkce",
        ["auth_code": .string(code), "code_verifier": .string(plain)]
      )
      #expect(answer.status == 422)
      #expect(answer.errorCode == "flow_state_expired")
    }
  }

  @Test(
    "is refused when it is half a challenge, or none",
    arguments: [
      (#"{"email":"a@b.c","code_challenge":"x"}"#),
      (#"{"email":"a@b.c","code_challenge_method":"s256"}"#),
      (#"{"email":"a@b.c","code_challenge":"short","code_challenge_method":"s256"}"#),
      (#"{"email":"a@b.c","code_challenge":"\#(String(repeating: "v", count: 43))","code_challenge_method":"md5"}"#),
    ]
  )
  func refusesHalfChallenges(_ body: String) async throws {
    try await TestAuth.with { auth async throws in
      let answer = try await auth.server.send("POST", "/auth/v1/recover", body: body)
      #expect(answer.errorCode == "validation_failed")
    }
  }

  @Test("is too old after its time")
  func expires() async throws {
    try await TestAuth.with(["AUTH_OTP_EXPIRY": "600"]) { auth async throws in
      let mail = try await signUp(auth)
      _ = try await auth.sql(
        "update auth.one_time_tokens set created_at = now() - interval '601 seconds'"
      )
      let byCode = try await auth.post(
        "verify",
        ["type": "signup", "email": .string(Self.address), "token": .string(mail.token)]
      )
      #expect(byCode.status == 403)
      #expect(byCode.json["msg"] == "Token has expired or is invalid")
      #expect(
        try await follow(mail.confirmationURL, auth).leads("#", "error_code") == "otp_expired"
      )
    }
  }

  @Test("is as good as new when it was mailed late")
  func beginsWhenSent() async throws {
    try await TestAuth.with(["AUTH_OTP_EXPIRY": "600"]) { auth async throws in
      let mail = try await signUp(auth)
      _ = try await auth.sql(
        """
        update auth.one_time_tokens set created_at = now() - interval '20 hours';
        select auth.settle_mail(m.id, m.lease) from auth.claim_mail(1, '1 minute') as m
        """
      )
      #expect(try await follow(mail.confirmationURL, auth).leads("#", "access_token") != nil)
    }
  }

  @Test("counts no longer by its code when ten were guessed, but still by its link")
  func stopsGuessing() async throws {
    try await TestAuth.with { auth async throws in
      let mail = try await signUp(auth)
      func verify(_ code: String) async throws -> Int {
        try await auth.post(
          "verify",
          ["type": "email", "email": .string(Self.address), "token": .string(code)]
        ).status
      }
      let wrong = mail.token == "000000" ? "000001" : "000000"
      for _ in 0..<10 { #expect(try await verify(wrong) == 403) }
      #expect(try await verify(mail.token) == 403)
      #expect(try await follow(mail.confirmationURL, auth).leads("#", "access_token") != nil)
    }
  }

  @Test(
    "is refused where it is not whole, or not offered",
    arguments: [
      (#"{"token":"1","email":"a@b.c"}"#, 400, "validation_failed"),
      (#"{"type":"signup","email":"a@b.c"}"#, 400, "validation_failed"),
      (#"{"type":"signup","token":"1"}"#, 400, "validation_failed"),
      (#"{"type":"other","token":"1","email":"a@b.c"}"#, 400, "validation_failed"),
      (#"{"type":"signup","token_hash":"x","email":"a@b.c"}"#, 400, "validation_failed"),
      (#"{"type":"signup","token_hash":"x","token":"1"}"#, 400, "validation_failed"),
      (#"{"type":"sms","token":"1","phone":"+1"}"#, 400, "phone_provider_disabled"),
      (#"{"type":"signup","token_hash":"x"}"#, 403, "otp_expired"),
      (#"{"type":"signup","token":"1","email":"a@b.c"}"#, 403, "otp_expired"),
    ]
  )
  func validates(_ body: String, _ status: Int, _ code: String) async throws {
    try await TestAuth.with { auth async throws in
      let answer = try await auth.server.send("POST", "/auth/v1/verify", body: body)
      #expect(answer.status == status)
      #expect(answer.errorCode == code)
    }
  }

  @Test("for another address, or of another kind, signs nobody in")
  func isBound() async throws {
    try await TestAuth.with { auth async throws in
      let mail = try await signUp(auth)
      _ = try await auth.signUp("bob@example.com")
      for (email, type) in [("bob@example.com", "signup"), (Self.address, "recovery")] {
        let answer = try await auth.post(
          "verify",
          ["type": .string(type), "email": .string(email), "token": .string(mail.token)]
        )
        #expect(answer.errorCode == "otp_expired")
      }
      #expect(try await auth.confirm(Self.address).user["email"] == .string(Self.address))
    }
  }
}

extension String {
  /// A link without the mark that only a code follows from it.
  fileprivate var withoutMark: String {
    let mark = "token=pkce_"
    guard let place = indices.first(where: { self[$0...].hasPrefix(mark) }) else { return self }
    return self[..<place] + "token=" + self[index(place, offsetBy: mark.count)...]
  }
}
