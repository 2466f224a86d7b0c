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
    try await TestAuth.with { auth in
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
}
