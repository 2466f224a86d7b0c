import JSON
import TestSupport
import Testing

@testable import Core

@Suite("A metered function")
struct QuotaTests {
  private func used(_ function: TestFunction, _ user: TestUser) async throws -> String {
    try await function.database.psql(
      """
      select s.syncs_used, (select count(*) from internal.quota_reservation)
      from public.subscription s where s.user_id = '\(user.id)'
      """
    ).filter { !$0.isWhitespace }
  }

  @Test(
    "spends its unit when it succeeds and gives it back when it fails",
    arguments: [
      (false, false, "1|0"), (false, true, "1|0"), (true, false, "0|0"), (true, true, "1|0"),
    ]
  )
  func spends(fails: Bool, settles: Bool, expected: String) async throws {
    try await TestFunction.with(SpendSync.self) { function in
      let user = try await function.signUp()
      let answer = try await function.send(
        token: user.token,
        body: #"{"fails":\#(fails),"settles":\#(settles)}"#
      )
      #expect(answer.status == (fails ? 409 : 200))
      #expect(try await used(function, user) == expected)
    }
  }

  @Test("spends its unit with the first statement, and has the results of each")
  func spendsOnce() async throws {
    try await TestFunction.with(SpendOnce.self) { function in
      let user = try await function.signUp()
      let answer = try await function.send(token: user.token, body: #"{"fails":false}"#)
      #expect(answer.json["first"] == "one")
      #expect(answer.json["second"] == "two")
      #expect(try await used(function, user) == "1|0")
      let failed = try await function.send(token: user.token, body: #"{"fails":true}"#)
      #expect(failed.status == 409)
      #expect(try await used(function, user) == "2|0")
    }
  }

  @Test("gives its unit back when it takes too long")
  func givesBack() async throws {
    try await TestFunction.with(SpendTooLong.self) { function in
      let user = try await function.signUp()
      #expect(try await function.send(token: user.token).code == "UPSTREAM_TIMEOUT")
      #expect(try await used(function, user) == "0|0")
    }
  }

  @Test("gives its unit back when its client goes away")
  func givesBackForTheGone() async throws {
    try await TestFunction.with(SpendLong.self) { function in
      let user = try await function.signUp()
      var client: RawClient? = try RawClient(function.address)
      client?.send(
        HandlerServer.request("POST /spend-long HTTP/1.1", ["Authorization: Bearer \(user.token)"])
      )
      for _ in 0..<200 where try await used(function, user) == "0|0" {}
      #expect(try await used(function, user) == "1|1")
      client = nil
      for _ in 0..<200 where try await used(function, user) != "0|0" {}
      #expect(try await used(function, user) == "0|0")
      _ = client
    }
  }

  @Test("writes nothing that its unit was to pay for once that was given back")
  func refusesLateWrites() async throws {
    try await TestFunction.with(SpendLate.self) { function in
      let user = try await function.signUp()
      #expect(try await function.send(token: user.token).code == "UPSTREAM_TIMEOUT")
      try await Task.sleep(for: .milliseconds(600))
      let written = try await function.database.psql(
        "select count(*) from public.users where bio is not null"
      )
      #expect(written.filter { !$0.isWhitespace } == "0")
      #expect(try await used(function, user) == "0|0")
    }
  }

  @Test("passes its limit never, however many ask at once, and says what is used")
  func isExact() async throws {
    try await TestFunction.with(SpendSync.self, settings: ["DATABASE_CONNECTIONS": "6"]) {
      function in
      let user = try await function.signUp()
      let answers = try await storm(of: 40) {
        try await function.send(token: user.token, body: #"{"fails":false}"#)
      }
      #expect(answers.count { $0.status == 200 } == 10)
      let refused = try #require(answers.first { $0.status == 403 })
      #expect(refused.code == "QUOTA_EXCEEDED")
      #expect(refused.json["error"]?["details"]?["limit"] == 10)
      #expect(refused.json["error"]?["details"]?["quota"] == "sync")
      #expect(refused.json["error"]?["details"]?["resets_at"] != nil)
      #expect(try await used(function, user) == "10|0")
    }
  }

  @Test("spends nothing on a request that is not valid")
  func checksFirst() async throws {
    try await TestFunction.with(SpendSync.self) { function in
      let user = try await function.signUp()
      #expect(try await function.send(token: user.token, body: "{}").status == 422)
      #expect(try await used(function, user) == "0|0")
    }
  }
}
