import JSON
import TestSupport
import Testing

@testable import auth

@Suite("An admin's link")
struct AdminLinkTests {
  private func generate(_ auth: TestAuth, _ body: JSON) async throws -> TestAnswer {
    try await auth.post("admin/generate_link", body, token: auth.service)
  }

  @Test(
    "is made for those whom it signs in, and nothing is mailed",
    arguments: [
      ("magiclink", "magiclink"), ("recovery", "recovery"),
    ]
  )
  func isForKnown(_ type: String, _ verification: String) async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let body: JSON = ["type": .string(type), "email": "ann@example.com", "password": nil]
      let made = try await generate(auth, body)
      #expect(made.json["id"] == session.user["id"])
      #expect(made.json["verification_type"] == .string(verification))
      #expect(made.json["redirect_to"] == "https://app.example")
      let link = try #require(made.json["action_link"]?.text)
      let hash = try #require(made.json["hashed_token"]?.text)
      #expect(
        link.hasPrefix("https://api.example/auth/v1/verify?token=\(hash)&type=\(verification)")
      )
      #expect(try await auth.mails(to: "ann@example.com").count == 1)
      let byCode = try await auth.post(
        "verify",
        [
          "type": .string(verification), "email": "ann@example.com",
          "token": made.json["email_otp"] ?? "",
        ]
      )
      #expect(byCode.status == 200)
    }
  }

  @Test(
    "makes the account that is to sign up, be invited or just sign in",
    arguments: [
      ("signup", "signup"), ("invite", "invite"), ("magiclink", "signup"),
    ]
  )
  func isForNew(_ type: String, _ verification: String) async throws {
    try await TestAuth.with { auth async throws in
      let made = try await generate(
        auth,
        [
          "type": .string(type), "email": "New@example.com", "data": ["a": 1],
          "password": .string(TestAuth.password),
        ]
      )
      #expect(made.json["verification_type"] == .string(verification))
      #expect(made.json["user_metadata"] == ["a": 1])
      let answer = try await auth.post(
        "verify",
        ["type": .string(verification), "token_hash": made.json["hashed_token"] ?? ""]
      )
      #expect(answer.status == 200)
      if type != "magiclink" {
        let again = try await generate(
          auth,
          [
            "type": .string(type), "email": "new@example.com",
            "password": .string(TestAuth.password),
          ]
        )
        #expect(again.errorCode == "email_exists")
      }
    }
  }

  @Test("to sign up gives an account that waits the password and words that it says")
  func takesOver() async throws {
    try await TestAuth.with { auth async throws in
      let first = try await auth.post(
        "signup",
        ["email": "ann@example.com", "password": "somebody else's", "data": ["name": "Eve"]]
      )
      let made = try await generate(
        auth,
        [
          "type": "signup", "email": "ann@example.com", "password": .string(TestAuth.password),
          "data": ["team": "blue"],
        ]
      )
      #expect(made.json["id"] == first.json["id"])
      #expect(made.json["user_metadata"] == ["team": "blue"])
      _ = try TestSession(
        try await auth.post(
          "verify",
          ["type": "signup", "token_hash": made.json["hashed_token"] ?? ""]
        )
      )
      #expect(try await auth.signIn(password: "somebody else's").status == 400)
      #expect(try await auth.signIn().status == 200)
    }
  }

  @Test("moves an account when both of its ends are followed")
  func movesAccounts() async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.signUp()
      var hashes: [JSON] = []
      for type in ["email_change_current", "email_change_new"] {
        let made = try await generate(
          auth,
          ["type": .string(type), "email": "ann@example.com", "new_email": "new@example.com"]
        )
        #expect(made.json["verification_type"] == .string(type))
        hashes.append(try #require(made.json["hashed_token"]))
      }
      let answers = try await hashes.mapInOrder {
        try await auth.post("verify", ["type": "email_change", "token_hash": $0])
      }
      #expect(answers[0].json["code"] == "200")
      #expect(try TestSession(answers[1]).user["email"] == "new@example.com")
    }
  }

  @Test(
    "moves no account to an address that nobody proved, nor past the old one's say",
    arguments: [
      ("on", ["email_change_current"], "ann@example.com"),
      ("on", ["email_change_new"], "ann@example.com"),
      ("on", ["email_change_new", "email_change_current"], "new@example.com"),
      ("off", ["email_change_current"], "ann@example.com"),
      ("off", ["email_change_new"], "new@example.com"),
    ]
  )
  func movesNobodyByHalf(_ isDouble: String, _ types: [String], _ address: String) async throws {
    try await TestAuth.with(["AUTH_SECURE_EMAIL_CHANGE": isDouble]) { auth async throws in
      let session = try await auth.signUp()
      for type in types {
        // Each is made, and followed, while there is no other.
        let made = try await generate(
          auth,
          ["type": .string(type), "email": "ann@example.com", "new_email": "new@example.com"]
        )
        let answer = try await auth.post(
          "verify",
          ["type": "email_change", "token_hash": made.json["hashed_token"] ?? ""]
        )
        #expect(answer.status == 200)
        let isLast = type == types.last && address != "ann@example.com"
        #expect((answer.json["access_token"] != nil) == isLast)
      }
      #expect(try await auth.user(session).json["email"] == .string(address))
    }
  }

  @Test("is refused for nobody, for no kind and without an address")
  func validates() async throws {
    try await TestAuth.with { auth async throws in
      let unknown = try await generate(auth, ["type": "recovery", "email": "x@example.com"])
      #expect(unknown.status == 404)
      #expect(unknown.errorCode == "user_not_found")
      for body: JSON in [
        ["type": "other", "email": "x@example.com"], ["type": "recovery"],
        ["type": "signup", "email": "x@example.com"],
        ["type": "email_change_new", "email": "a@b.c"],
      ] {
        #expect(try await generate(auth, body).errorCode == "validation_failed")
      }
    }
  }

  @Test("of an invitation is mailed, again while nobody followed it")
  func invites() async throws {
    try await TestAuth.with { auth async throws in
      let body: JSON = ["email": "Guest@example.com", "data": ["team": "blue"]]
      let first = try await auth.post("invite", body, token: auth.service)
      #expect(first.json["invited_at"]?.text != nil)
      let second = try await auth.post("invite", body, token: auth.service)
      #expect(second.json["id"] == first.json["id"])
      let mail = try #require(try await auth.mails(to: "guest@example.com").last)
      #expect(mail.kind == .invite)
      let session = try TestSession(
        try await auth.post("verify", ["type": "invite", "token_hash": .string(mail.tokenHash)])
      )
      #expect(try session.claims["amr"]?.elements?.first?["method"] == "invite")
      #expect(
        try await auth.post("invite", body, token: auth.service).errorCode == "email_exists"
      )
    }
  }
}
