import JSON
import TestSupport
import Testing

@testable import auth

@Suite("A sign-out")
struct SignOutTests {
  @Test(
    "ends this session, the others, or all",
    arguments: [
      ("?scope=local", [false, true, true]), ("?scope=others", [true, false, false]),
      ("?scope=global", [false, false, false]), ("", [false, false, false]),
    ]
  )
  func hasScopes(_ query: String, _ left: [Bool]) async throws {
    try await TestAuth.with { auth async throws in
      let bob = try await auth.signUp("bob@example.com")
      let first = try await auth.signUp()
      let sessions = [
        first, try TestSession(try await auth.signIn()), try TestSession(try await auth.signIn()),
      ]
      let answer = try await auth.send("POST", "logout\(query)", token: first.access)
      #expect(answer.status == 204)
      #expect(answer.body.isEmpty)
      for (session, isLeft) in zip(sessions, left) {
        #expect(try await auth.user(session).errorCode == (isLeft ? nil : "session_not_found"))
        let refreshed = try await auth.refresh(session.refresh)
        #expect(refreshed.errorCode == (isLeft ? nil : "refresh_token_not_found"))
      }
      #expect(try await auth.user(bob).status == 200)
    }
  }

  @Test("needs to know who and what")
  func validates() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      #expect(try await auth.send("POST", "logout").errorCode == "no_authorization")
      let odd = try await auth.send("POST", "logout?scope=some", token: session.access)
      #expect(odd.status == 400)
      #expect(odd.errorCode == "validation_failed")
      #expect(try await auth.user(session).status == 200)
    }
  }
}
