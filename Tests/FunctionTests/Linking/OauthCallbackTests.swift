import Core
import JSON
import Platforms
import TestSupport
import Testing

@Suite("oauth-<platform>-init and -callback: a link from its begin to its end", .serialized)
struct OauthCallbackTests {
  @Test(
    "links the account that its owner allows, with what the platform says of it",
    arguments: Platform.allCases
  )
  func links(_ platform: Platform) async throws {
    try await LinkingWorld.with(platform) { world in
      let user = try await world.signUp()
      let begun = try await world.begin.send("GET", token: user.token)
      #expect(begun.status == 200, "\(begun.body)")
      let returned = try await world.played.consent(begun.json["authorization_url"])
      #expect(returned["state"].map(JSON.string) == begun.json["state"])
      let answer = try await world.finish(user, returned)
      #expect(answer.status == 200, "\(answer.body)")
      #expect(answer.json["platform"] == .string(platform.rawValue))
      #expect(answer.json["social_account_id"] == answer.json["account"]?["id"])
      #expect(answer.json["account"]?["is_new"] == true)
      let row = try await world.ask(
        """
        select p.slug, c.is_active, cardinality(c.scopes) > 0, a.account_name <> '',
          c.token_expires_at > now(), c.vault_secret_name = concat_ws('_', 'user', c.user_id,
          p.slug, c.platform_user_id), s.social_accounts_used
        from public.platform_connection c join public.platform p on p.id = c.platform_id
        join public.social_account a on a.connection_id = c.id
        join public.subscription s on s.user_id = c.user_id
        where c.user_id = '\(user.id)'
        """
      )
      #expect(row == "\(platform.rawValue)|t|t|t|t|t|1")
    }
  }

  @Test("a token is found nowhere but sealed in the vault", arguments: Platform.allCases)
  func sealsTokens(_ platform: Platform) async throws {
    try await LinkingWorld.with(platform) { world in
      let user = try await world.signUp()
      try await world.link(user)
      let sealed = try await world.ask(
        "select name, secret from vault.secrets where name like 'user_%'"
      )
      #expect(sealed.hasPrefix("user_\(user.id)_\(platform.rawValue)_"))
      #expect(sealed.contains("|v1.k2."))
      let dump = try await world.ask(
        """
        select string_agg(t::text, ' ') from (
          select to_jsonb(x) t from public.platform_connection x
          union all select to_jsonb(x) from public.social_account x
          union all select to_jsonb(x) from public.oauth_state x
          union all select to_jsonb(x) from public.audit_log x
          union all select to_jsonb(x) from vault.secrets x
          union all select to_jsonb(x) from vault.secret_read x) q
        """
      )
      #expect(!dump.isEmpty)
      for part in ["ya29.", "1//", "IGAA", "act.", "rft."] { #expect(!dump.contains(part)) }
    }
  }

  @Test("the same channel again is the same account", arguments: Platform.allCases)
  func relinks(_ platform: Platform) async throws {
    try await LinkingWorld.with(platform) { world in
      let user = try await world.signUp()
      try await world.put(user, in: "basic")
      let first = try await world.link(user)
      let second = try await world.link(user)
      #expect(first.json["social_account_id"] == second.json["social_account_id"])
      #expect(second.json["account"]?["is_new"] == false)
      let used = try await world.ask(
        "select social_accounts_used from public.subscription where user_id = '\(user.id)'"
      )
      #expect(used == "1")
    }
  }

  @Test(
    "a channel of somebody else's is CONFLICT, and changes nothing of theirs",
    arguments: Platform.allCases
  )
  func refusesOthersChannels(_ platform: Platform) async throws {
    try await LinkingWorld.with(platform) { world in
      let owner = try await world.signUp()
      let other = try await world.signUp()
      try await world.link(owner)
      let before = try await world.ask("select id, secret from vault.secrets")
      let answer = try await world.link(other)
      #expect(answer.status == 409)
      #expect(answer.code == "CONFLICT")
      #expect(try await world.ask("select id, secret from vault.secrets") == before)
      let users = try await world.ask("select string_agg(user_id::text, ',') from social_account")
      #expect(users == owner.id)
    }
  }

  @Test("what was not allowed is named, with the way to link again")
  func namesMissingScopes() async throws {
    try await LinkingWorld.with(.tiktok) { world in
      let user = try await world.signUp()
      let returned = try await world.start(user, grant: ["user.info.basic", "user.info.stats"])
      let answer = try await world.finish(user, returned)
      #expect(answer.status == 403)
      #expect(answer.code == "SCOPE_MISSING")
      #expect(answer.json["error"]?["details"]?["scopes"] == ["video.list"])
      #expect(
        answer.json["error"]?["details"]?["relink"] == "POST /functions/v1/oauth-tiktok-init"
      )
      #expect(try await world.ask("select count(*) from social_account") == "0")
    }
  }

  @Test("what may be missing is done without")
  func doesWithoutOptionalScopes() async throws {
    try await LinkingWorld.with(.tiktok) { world in
      let user = try await world.signUp()
      let returned = try await world.start(user, grant: ["user.info.basic", "video.list"])
      let answer = try await world.finish(user, returned)
      #expect(answer.status == 200, "\(answer.body)")
      #expect(answer.json["account"]?["scopes"] == ["user.info.basic", "video.list"])
      #expect(answer.json["account"]?["follower_count"] == .null)
    }
  }

  @Test(
    "a platform that fails, or answers nonsense, fails the link alone",
    arguments: [Platform.youtube, .tiktok]
  )
  func survivesPlatforms(_ platform: Platform) async throws {
    try await LinkingWorld.with(platform) { world in
      let user = try await world.signUp()
      let returned = try await world.start(user)
      var wrong = returned
      wrong["code"] = "nonsense"
      let answer = try await world.finish(user, wrong)
      #expect(answer.status == 409)
      #expect(answer.code == "REAUTH_REQUIRED")
      // that used the state up
      #expect(try await world.finish(user, returned).code == "STATE_INVALID")
      #expect(try await world.link(user).status == 200)
    }
  }

  @Test("a link spends one of YouTube's daily units; where there is none it uses nothing up")
  func spendsUnits() async throws {
    try await LinkingWorld.with(.youtube) { world in
      let user = try await world.signUp()
      let returned = try await world.start(user)
      let full = "10000"
      try await world.database.psql(
        """
        insert into internal.platform_day (platform, day, claimants, share, units_used)
        values ('youtube', (now() at time zone 'America/Los_Angeles')::date, 1, \(full), \(full))
        """
      )
      let refused = try await world.finish(user, returned)
      #expect(refused.status == 503, "\(refused.body)")
      #expect(refused.code == "PROVIDER_QUOTA")
      #expect(refused.headers["retry-after"] != nil)
      try await world.database.psql("delete from internal.platform_day")
      // nor is there one for what was not begun, or by another
      let other = try await world.signUp()
      #expect(try await world.finish(other, returned).code == "STATE_INVALID")
      let made = ["code": "x", "state": "x"]
      #expect(try await world.finish(user, made).code == "STATE_INVALID")
      #expect(try await world.ask("select count(*) from internal.platform_day") == "0")
      #expect(try await world.finish(user, returned).status == 200)
      let used = try await world.ask("select units_used from internal.platform_day")
      #expect(used == "1")
    }
  }

  @Test("a link whose master key was dropped meanwhile is to be begun again")
  func outlivesKeys() async throws {
    try await LinkingWorld.with(.youtube) { world in
      let user = try await world.signUp()
      let returned = try await world.start(user)
      try await world.database.psql(
        """
        update public.oauth_state
        set code_verifier_secret = replace(code_verifier_secret, 'v1.k2.', 'v1.k0.')
        """
      )
      let answer = try await world.finish(user, returned)
      #expect(answer.status == 400, "\(answer.body)")
      #expect(answer.code == "STATE_INVALID")
      #expect(try await world.link(user).status == 200)
    }
  }

  @Test("says which setting is missing, and uses nothing up for it")
  func needsKeys() async throws {
    try await LinkingWorld.with(.youtube, settings: ["YOUTUBE_CLIENT_SECRET": ""]) { world in
      let user = try await world.signUp()
      let answer = try await world.begin.send(token: user.token, body: "{}")
      #expect(answer.status == 503)
      #expect(answer.code == "NOT_CONFIGURED")
      #expect(answer.json["error"]?["details"]?["setting"] == "YOUTUBE_CLIENT_SECRET")
    }
  }
}
