import Core
import HTTPClient
import JSON
import Loop
import Platforms
import Postgres
import TestSupport
import Testing

/// Calls its platform for an account of the caller's, as a sync does.
struct CallPlatform: EdgeFunction {
  static let policy = Policy(.post)
  static let summary = "Calls a platform."
  static let settings = Platform.allSettings

  struct Input: Validated { var platform: String }
  struct Output: Codable { var status: Int }

  static func handle(_ input: Input, _ call: Call<User>) async throws -> Output {
    let account: LinkedAccount = try await call.database.one(
      "select * from internal.linked_account(\(input.platform))"
    )
    let client = try AccountClient(account, call)
    let base = call.configuration
    let response = try await client.send { token in
      let headers: HeaderFields = ["authorization": "Bearer \(token)"]
      switch account.platform {
      case .youtube:
        return ClientRequest(
          .get,
          base.baseURL(.youtubeURL) + "/youtube/v3/channels?part=snippet&mine=true",
          headers: headers
        )
      case .instagram:
        return ClientRequest(
          .get,
          base.baseURL(.instagramGraphURL) + "/v25.0/me?fields=user_id",
          headers: headers
        )
      case .tiktok:
        return ClientRequest(
          .get,
          base.baseURL(.tiktokURL) + "/v2/user/info/?fields=open_id",
          headers: headers
        )
      }
    }
    return Output(status: response.status)
  }
}

@Suite("Tokens that run out: refresh on demand, and refresh-oauth-tokens", .serialized)
struct TokenRefreshTests {
  private func with(
    _ platform: Platform,
    _ body: (LinkingWorld, TestFunction, TestUser) async throws -> Void
  ) async throws {
    try await LinkingWorld.with(platform) { world in
      let settings = world.played.settings.merging(["DATABASE_CONNECTIONS": "8"]) { $1 }
      try await TestFunction.with(
        CallPlatform.self,
        settings: settings,
        on: world.database
      ) { caller in
        let user = try await world.signUp()
        #expect(try await world.link(user).status == 200)
        try await body(world, caller, user)
      }
    }
  }

  private func call(
    _ function: TestFunction,
    _ platform: Platform,
    _ user: TestUser
  ) async throws -> TestAnswer {
    try await function.send(token: user.token, body: #"{"platform":"\#(platform.rawValue)"}"#)
  }

  /// The vault's text of the only account's tokens.
  private func secret(_ world: LinkingWorld) async throws -> String {
    try await world.ask("select secret from vault.secrets where name like 'user_%'")
  }

  /// Lets time pass at the platform and, since tokens know when they end, in what is stored.
  private func age(_ world: LinkingWorld, by seconds: Int) async throws {
    try await world.played.admin("/admin/clock", #"{"advance":\#(seconds)}"#)
    try await TestVault.change(in: world.database) { tokens in
      for field in ["issued_at", "expires_at", "refresh_expires_at"] {
        guard case .string(let text)? = tokens[field], let time = Timestamp(text) else { continue }
        let earlier = Timestamp(microseconds: time.microseconds - Int64(seconds) * 1_000_000)
        tokens = tokens.setting(field, .string("\(earlier)"))
      }
    }
    try await world.database.psql(
      """
      update platform_connection set
        token_issued_at = token_issued_at - interval '\(seconds) seconds',
        token_expires_at = token_expires_at - interval '\(seconds) seconds',
        refresh_expires_at = refresh_expires_at - interval '\(seconds) seconds'
      """
    )
  }

  @Test("a token that is good is used as it is", arguments: Platform.allCases)
  func usesGoodTokens(_ platform: Platform) async throws {
    try await with(platform) { world, caller, user in
      let before = try await secret(world)
      #expect(try await call(caller, platform, user).status == 200)
      #expect(try await secret(world) == before)
    }
  }

  @Test(
    "one that has run out is refreshed before the call, once for all who call at once",
    arguments: [Platform.youtube, .tiktok]
  )
  func refreshesOnDemand(_ platform: Platform) async throws {
    try await with(platform) { world, caller, user in
      try await age(world, by: platform == .youtube ? 3_600 : 7_200)
      let before = try await secret(world)
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<16 {
          group.addTask { try await self.call(caller, platform, user).status }
        }
        return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
      }
      #expect(statuses == [200: 16])
      #expect(try await secret(world) != before)
      let reads = try await world.ask(
        "select count(distinct secret_id) from vault.secret_read where secret_name like 'user_%'"
      )
      // that of the link, and one more
      #expect(reads == "2")
      #expect(try await world.ask("select count(*) from internal.refresh_lease") == "0")
    }
  }

  @Test("a lost answer to a refresh that rotates is asked for once more; then the link is over")
  func losesAnswers() async throws {
    try await with(.tiktok) { world, caller, user in
      try await age(world, by: 7_200)
      try await world.played.fail("tiktok", "oauth/token", mode: "drop", next: 1)
      let answer = try await call(caller, .tiktok, user)
      #expect(answer.status == 409, "\(answer.body)")
      #expect(answer.code == "REAUTH_REQUIRED")
      #expect(
        answer.json["error"]?["details"]?["relink"] == "POST /functions/v1/oauth-tiktok-init"
      )
      let row = try await world.ask(
        """
        select c.is_active, (select count(*) from vault.secrets),
          (select count(*) from notification), s.social_accounts_used
        from platform_connection c join subscription s on s.user_id = c.user_id
        """
      )
      #expect(row == "f|0|1|0")
      // no retry: the platform is not asked again
      #expect(try await call(caller, .tiktok, user).code == "REAUTH_REQUIRED")
      #expect(try await world.link(user).status == 200)
      #expect(try await call(caller, .tiktok, user).status == 200)
    }
  }

  @Test("a lost answer to one that does not rotate costs nothing")
  func losesHarmlessAnswers() async throws {
    try await with(.youtube) { world, caller, user in
      try await age(world, by: 3_600)
      try await world.played.fail("google", "token", mode: "drop", next: 1)
      #expect(try await call(caller, .youtube, user).status == 200)
    }
  }

  @Test("a platform that is away for a moment ends no link")
  func outlivesFailures() async throws {
    try await with(.tiktok) { world, caller, user in
      try await age(world, by: 7_200)
      try await world.played.fail("tiktok", "oauth/token", next: 1)
      let answer = try await call(caller, .tiktok, user)
      #expect(answer.code == "UPSTREAM_FAILED", "\(answer.body)")
      #expect(try await world.ask("select is_active from platform_connection") == "t")
      #expect(try await call(caller, .tiktok, user).status == 200)
      #expect(try await world.ask("select last_error is null from platform_connection") == "t")
    }
  }

  @Test(
    "a token that the platform does not know any more is replaced once, then the link is over",
    arguments: Platform.allCases
  )
  func replacesDeadTokens(_ platform: Platform) async throws {
    try await with(platform) { world, caller, user in
      // all the platform ever gave is dead
      let key = try await world.firstCreator()
      try await world.played.admin(
        "/admin/creators/\(platform.rawValue)/\(key)/remove-authorization"
      )
      let answer = try await call(caller, platform, user)
      #expect(answer.code == "REAUTH_REQUIRED", "\(answer.body)")
      #expect(try await world.ask("select is_active from platform_connection") == "f")
      #expect(try await world.ask("select count(*) from notification") == "1")
    }
  }

  @Test("a token that the platform refuses is replaced once; a second refusal ends the link")
  func replacesRefusedTokens() async throws {
    try await with(.youtube) { world, caller, user in
      func refuse(_ target: String, _ name: String, _ next: Int) async throws {
        try await world.played.admin(
          "/faults",
          #"{"\#(target)":{"mode":"error","name":"\#(name)","next":\#(next)}}"#
        )
      }
      let before = try await secret(world)
      try await refuse("youtube", "expired_token", 1)
      #expect(try await call(caller, .youtube, user).status == 200)
      #expect(try await secret(world) != before)
      try await refuse("youtube", "expired_token", 2)
      #expect(try await call(caller, .youtube, user).code == "REAUTH_REQUIRED")
      #expect(try await world.ask("select is_active from platform_connection") == "f")
      #expect(try await world.link(user).status == 200)
      // what is not allowed is no matter of the token: it is not replaced
      try await refuse("youtube", "insufficientPermissions", 1)
      #expect(try await call(caller, .youtube, user).code == "SCOPE_MISSING")
      #expect(try await world.ask("select is_active from platform_connection") == "f")
      #expect(try await world.ask("select count(*) from notification") == "2")
    }
  }

  @Test(
    "the schedule refreshes Instagram's tokens near their end, and leaves short ones alone",
    arguments: Platform.allCases
  )
  func schedule(_ platform: Platform) async throws {
    try await with(platform) { world, caller, user in
      let service = try TestFunction.token(role: "service_role")
      let nothing = try await world.refresh.send(token: service, body: "{}")
      #expect(nothing.status == 200, "\(nothing.body)")
      #expect(nothing.json["checked"] == 0)
      // 51 days, and half an hour
      try await age(world, by: platform == .instagram ? 51 * 86_400 : 1_800)
      let before = try await secret(world)
      let run = try await world.refresh.send(token: service, body: "{}")
      #expect(run.json["checked"] == (platform == .instagram ? 1 : 0))
      #expect(run.json["refreshed"] == run.json["checked"], "\(run.body)")
      #expect(run.json["failed"] == [])
      let after = try await secret(world)
      #expect((after != before) == (platform == .instagram))
      #expect(try await world.refresh.send(token: user.token, body: "{}").status == 403)
    }
  }

  @Test("the schedule says which can't be refreshed, and takes them out of use")
  func reportsDead() async throws {
    try await with(.instagram) { world, caller, user in
      try await age(world, by: 61 * 86_400)
      let service = try TestFunction.token(role: "service_role")
      let run = try await world.refresh.send(token: service, body: "{}")
      let id = try await world.ask("select id from platform_connection")
      #expect(
        run.json["failed"] == [
          ["connection_id": .string(id), "code": "REAUTH_REQUIRED", "retryable": false]
        ],
        "\(run.body)"
      )
      #expect(try await world.ask("select is_active from platform_connection") == "f")
      let again = try await world.refresh.send(token: service, body: "{}")
      #expect(again.json["checked"] == 0)
    }
  }
}

extension JSON {
  /// The same with another value for a member.
  func setting(_ name: String, _ value: JSON) -> JSON {
    guard case .object(let members) = self else { return self }
    return .object(members.map { $0.name == name ? JSON.Member(name, value) : $0 })
  }
}
