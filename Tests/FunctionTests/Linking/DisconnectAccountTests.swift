import Core
import JSON
import Platforms
import TestSupport
import Testing

@Suite("disconnect-account", .serialized)
struct DisconnectAccountTests {
  private func disconnect(
    _ world: LinkingWorld,
    _ user: TestUser,
    _ account: JSON?
  ) async throws -> TestAnswer {
    let body: JSON = ["social_account_id": account ?? .null]
    return try await world.disconnect.send(
      token: user.token,
      body: String(decoding: body.bytes, as: UTF8.self)
    )
  }

  @Test(
    "ends the grant at the platform, forgets the tokens, and lets the account be linked again",
    arguments: Platform.allCases
  )
  func disconnects(_ platform: Platform) async throws {
    try await LinkingWorld.with(platform) { world in
      let user = try await world.signUp()
      let linked = try await world.link(user)
      #expect(try await liveTokens(world) > 0)
      let account = linked.json["social_account_id"]
      let answer = try await disconnect(world, user, account)
      #expect(answer.status == 200, "\(answer.body)")
      #expect(answer.json["social_account_id"] == account)
      #expect(answer.json["revocation"] == (platform == .instagram ? "none" : "done"))
      if platform != .instagram { #expect(try await liveTokens(world) == 0) }
      let row = try await world.ask(
        """
        select c.is_active, a.is_active, s.slug, a.deleted_at is not null,
          (select count(*) from vault.secrets), (select count(*) from internal.pending_revocation),
          (select social_accounts_used from public.subscription where user_id = c.user_id)
        from public.platform_connection c join public.social_account a on a.connection_id = c.id
        join public.account_status s on s.id = a.status_id
        """
      )
      #expect(row == "f|f|disconnected|t|0|0|0")
      let again = try await disconnect(world, user, account)
      #expect(again.json["disconnected_at"] == answer.json["disconnected_at"])
      let relinked = try await world.link(user)
      #expect(relinked.json["social_account_id"] == account)
      #expect(relinked.json["account"]?["is_new"] == false)
    }
  }

  @Test("another's account is none")
  func isOwners() async throws {
    try await LinkingWorld.with(.youtube) { world in
      let owner = try await world.signUp()
      let other = try await world.signUp()
      let account = try await world.link(owner).json["social_account_id"]
      #expect(try await disconnect(world, other, account).status == 404)
      #expect(try await disconnect(world, other, .string(other.id)).status == 404)
      #expect(try await world.ask("select count(*) from vault.secrets") == "1")
    }
  }

  @Test("a platform that is away is told later, by refresh-oauth-tokens")
  func retries() async throws {
    try await LinkingWorld.with(.tiktok) { world in
      let user = try await world.signUp()
      let account = try await world.link(user).json["social_account_id"]
      try await world.played.fail("tiktok", "revoke")
      let answer = try await disconnect(world, user, account)
      #expect(answer.status == 200, "\(answer.body)")
      #expect(answer.json["revocation"] == "pending")
      #expect(try await liveTokens(world) > 0)
      let names = try await world.ask("select string_agg(name, ',') from vault.secrets")
      #expect(names.hasPrefix("revoke_"))
      try await world.database.psql(
        "update internal.pending_revocation set next_attempt_at = now()"
      )
      let service = try TestFunction.token(role: "service_role")
      let run = try await world.refresh.send(token: service, body: "{}")
      #expect(run.json["revoked"] == 1, "\(run.body)")
      #expect(try await liveTokens(world) == 0)
      #expect(try await world.ask("select count(*) from vault.secrets") == "0")
    }
  }

  @Test("tokens that a revocation refreshed are stored before they are used")
  func keepsRotatedTokens() async throws {
    try await LinkingWorld.with(.tiktok) { world in
      let user = try await world.signUp()
      let account = try await world.link(user).json["social_account_id"]
      try await expire(world)
      try await world.played.fail("tiktok", "revoke")
      let answer = try await disconnect(world, user, account)
      #expect(answer.json["revocation"] == "pending", "\(answer.body)")
      try await world.database.psql(
        "update internal.pending_revocation set next_attempt_at = now()"
      )
      let service = try TestFunction.token(role: "service_role")
      let run = try await world.refresh.send(token: service, body: "{}")
      #expect(run.json["revoked"] == 1, "\(run.body)")
      #expect(try await liveTokens(world) == 0)
      #expect(try await world.ask("select count(*) from vault.secrets") == "0")
    }
  }

  @Test("a grant that its owner has ended at the platform is over", arguments: Platform.allCases)
  func findsEndedGrants(_ platform: Platform) async throws {
    try await LinkingWorld.with(platform) { world in
      let user = try await world.signUp()
      let account = try await world.link(user).json["social_account_id"]
      let key = try await world.firstCreator()
      try await world.played.admin(
        "/admin/creators/\(platform.rawValue)/\(key)/remove-authorization"
      )
      let answer = try await disconnect(world, user, account)
      #expect(answer.json["revocation"] == (platform == .instagram ? "none" : "done"))
      #expect(try await world.ask("select count(*) from vault.secrets") == "0")
    }
  }

  @Test("a refresh that is under way while the account is unlinked leaves no grant behind")
  func revokesLateTokens() async throws {
    try await LinkingWorld.with(.tiktok) { world async throws in
      let user = try await world.signUp()
      let account = try await world.link(user).json["social_account_id"]
      try await expire(world)
      // the answer that rotates the tokens is on its way when the account is unlinked
      try await world.played.admin(
        "/faults",
        #"{"tiktok":{"mode":"slow","path":"oauth/token","milliseconds":100,"next":1}}"#
      )
      try await TestFunction.with(
        CallPlatform.self,
        settings: world.played.settings,
        on: world.database
      ) { caller in
        async let call = caller.send(token: user.token, body: #"{"platform":"tiktok"}"#)
        while try await world.ask("select count(*) from internal.refresh_lease") != "1" {}
        try await Task.sleep(for: .milliseconds(500))
        #expect(try await disconnect(world, user, account).status == 200)
        #expect(try await call.code == "REAUTH_REQUIRED")
      }
      try await world.database.psql(
        "update internal.pending_revocation set next_attempt_at = now()"
      )
      let service = try TestFunction.token(role: "service_role")
      _ = try await world.refresh.send(token: service, body: "{}")
      #expect(try await liveTokens(world) == 0)
      #expect(try await world.ask("select count(*) from vault.secrets") == "0")
    }
  }

  /// Lets the access token run out, there and here.
  private func expire(_ world: LinkingWorld) async throws {
    try await world.played.admin("/admin/clock", #"{"advance":7200}"#)
    try await TestVault.change(in: world.database) {
      $0 = $0.setting("expires_at", "2020-01-01T00:00:00Z")
    }
  }

  private func liveTokens(_ world: LinkingWorld) async throws -> Int {
    let tokens = try await world.played.state()["live_tokens"]?[world.platform.rawValue]
    guard case .number(let text)? = tokens, let count = Int(text) else {
      throw CancellationError()
    }
    return count
  }
}
