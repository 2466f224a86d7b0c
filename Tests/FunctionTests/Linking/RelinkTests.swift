import Core
import HTTP
import JSON
import Loop
import Platforms
import TestSupport
import Testing

@testable import sync_instagram
@testable import sync_tiktok
@testable import sync_youtube

@Suite("Accounts that have to be linked again", .serialized)
struct RelinkTests {
  private func with(
    _ platform: Platforms.Platform,
    _ body: (SyncStage) async throws -> Void
  ) async throws {
    switch platform {
    case .youtube:
      try await SyncStage.with(SyncYoutube.self, platform, answer: SyncStage.channel(3), body)
    case .instagram:
      let keys = ["INSTAGRAM_CLIENT_ID": "id", "INSTAGRAM_CLIENT_SECRET": "secret"]
      try await SyncStage.with(
        SyncInstagram.self,
        platform,
        settings: keys,
        answer: Self.nothing,
        body
      )
    case .tiktok:
      try await SyncStage.with(SyncTiktok.self, platform, answer: Self.nothing, body)
    }
  }

  private static let nothing: @Loop (Request, [UInt8]) async -> Response = { _, _ in
    Response(json: Array(#"{"data":[]}"#.utf8))
  }

  /// Whether it is in use, how its last sync ended, whether it counts, and what its owner was told.
  private func state(_ stage: SyncStage) async throws -> String {
    try await stage.account(
      """
      (select c.is_active from public.platform_connection c where c.id = connection_id),
      last_sync_status,
      (select s.social_accounts_used from public.subscription s where s.user_id = '\(stage.user.id)'),
      (select count(*) from public.notification)
      """
    )
  }

  @Test(
    "whatever a platform says that only its owner can mend takes an account out of use",
    arguments: [
      (
        Platforms.Platform.youtube, 403, #"{"error":{"errors":[{"reason":"forbidden"}]}}"#,
        "REAUTH_REQUIRED"
      ),
      (
        .youtube, 403, #"{"error":{"errors":[{"reason":"accountDelegationForbidden"}]}}"#,
        "REAUTH_REQUIRED"
      ),
      (.youtube, 401, "", "REAUTH_REQUIRED"), (.instagram, 401, "", "REAUTH_REQUIRED"),
      (.tiktok, 401, "", "REAUTH_REQUIRED"),
      (.instagram, 403, #"{"error":{"code":10}}"#, "SCOPE_MISSING"),
      (.tiktok, 401, #"{"error":{"code":"scope_not_authorized"}}"#, "SCOPE_MISSING"),
    ]
  )
  func ends(_ platform: Platforms.Platform, status: Int, body: String, code: String) async throws {
    try await with(platform) { stage in
      try await onLoop {
        stage.world.answer = { _, _ in Response(status: status, json: Array(body.utf8)) }
      }
      let answer = try await stage.sync()
      #expect(answer.code == code, "\(answer.body)")
      #expect(try await state(stage) == "f|reauth_required|0|1\n")
      #expect(try await stage.sync().code == "REAUTH_REQUIRED")
    }
  }

  @Test("what a list beside the main one is refused for takes nothing out of use")
  func sparesStories() async throws {
    try await with(.instagram) { stage in
      try await onLoop {
        stage.world.answer = { request, _ in
          request.path.hasSuffix("/stories")
            ? Response(status: 403, json: Array(#"{"error":{"code":10}}"#.utf8))
            : Response(json: Array(#"{"data":[]}"#.utf8))
        }
      }
      #expect(try await stage.sync().status == 200)
      #expect(try await state(stage) == "t|completed|1|0\n")
      // but a token that is dead is dead
      try await onLoop {
        stage.world.answer = { request, _ in
          request.path.hasSuffix("/me/media")
            ? Response(json: Array(#"{"data":[]}"#.utf8))
            : Response(status: 400, json: Array(#"{"error":{"code":190}}"#.utf8))
        }
      }
      #expect(try await stage.sync().code == "REAUTH_REQUIRED")
      #expect(try await state(stage) == "f|reauth_required|0|1\n")
    }
  }

  @Test("so does a scope that is needed and was not given", arguments: Platforms.Platform.allCases)
  func needsScopes(_ platform: Platforms.Platform) async throws {
    try await with(platform) { stage in
      try await stage.function.database.psql("update public.platform_connection set scopes = '{}'")
      let answer = try await stage.sync()
      #expect(answer.code == "SCOPE_MISSING", "\(answer.body)")
      #expect(try await state(stage) == "f||0|1\n")
      #expect(await stage.calls.list.isEmpty)
    }
  }

  @Test(
    "a refresh that says nothing of scopes changes none; one that lost what is needed ends the link",
    arguments: [
      (#""scope":"","#, "t|0|1|{user.info.basic,user.info.profile,user.info.stats,video.list}"),
      ("", "t|0|1|{user.info.basic,user.info.profile,user.info.stats,video.list}"),
      (#""scope":"user.info.basic,video.list","#, "t|0|1|{user.info.basic,video.list}"),
      (
        #""scope":"user.info.basic","#,
        "f|1|0|{user.info.basic,user.info.profile,user.info.stats,video.list}"
      ),
    ]
  )
  func refreshes(scope: String, row: String) async throws {
    let server = try await HandlerServer { request in
      let text =
        request.path.hasSuffix("/oauth/token/")
        ? #"{\#(scope)"access_token":"act.2","expires_in":7200,"refresh_token":"rft.2"}"#
        : #"{"data":{},"error":{"code":"ok"}}"#
      return Response(json: Array(text.utf8))
    }
    try await LinkingWorld.with(.tiktok) { world in
      let user = try await world.signUp()
      #expect(try await world.link(user).status == 200)
      try await TestVault.change(in: world.database) {
        $0 = $0.setting("expires_at", "2020-01-01T00:00:00Z")
      }
      var settings = world.played.settings
      settings["TIKTOK_BASE_URL"] = "http://\(server.address)"
      try await TestFunction.with(CallPlatform.self, settings: settings, on: world.database) {
        let answer = try await $0.send(token: user.token, body: #"{"platform":"tiktok"}"#)
        #expect(answer.code == (row.hasPrefix("t") ? nil : "SCOPE_MISSING"), "\(answer.body)")
      }
      let after = try await world.ask(
        """
        select c.is_active, (select count(*) from notification), s.social_accounts_used, c.scopes
        from platform_connection c join subscription s on s.user_id = c.user_id
        """
      )
      #expect(after == row)
    }
  }

  @Test(
    "a full tier has room for a link of what is linked, and for no other",
    arguments: Platforms.Platform.allCases
  )
  func relinks(_ platform: Platforms.Platform) async throws {
    try await LinkingWorld.with(platform) { world in
      let user = try await world.signUp()
      let first = try await world.link(user, as: "ada")
      #expect(first.status == 200, "\(first.body)")
      let again = try await world.link(user, as: "ada")
      #expect(again.status == 200, "\(again.body)")
      #expect(again.json["social_account_id"] == first.json["social_account_id"])
      let other = try await world.link(user, as: "one")
      #expect(other.code == "QUOTA_EXCEEDED", "\(other.body)")
      let counts = try await world.ask(
        """
        select count(*), (select count(*) from vault.secrets where name like 'user_%'),
          (select social_accounts_used from subscription where user_id = '\(user.id)')
        from platform_connection
        """
      )
      #expect(counts == "1|1|1")
    }
  }
}
