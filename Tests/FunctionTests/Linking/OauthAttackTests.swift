import Core
import JSON
import Platforms
import TestSupport
import Testing

@Suite("Attacks on links", .serialized)
struct OauthAttackTests {
  /// Mallory begins, sends the platform's page to Ann, who allows it: her browser comes back with
  /// Mallory's state. And the reverse: Mallory allows the own channel and sends Ann the address.
  @Test(
    "nobody can attach their channel to another's account, or another's to their own",
    arguments: Platform.allCases
  )
  func loginCSRF(_ platform: Platform) async throws {
    try await LinkingWorld.with(platform) { world in
      let ann = try await world.signUp()
      let mallory = try await world.signUp()
      let returned = try await world.start(mallory)
      // Ann's browser comes back: it is sent on, and nothing is linked by that
      let path = "/oauth-\(platform.rawValue)-callback"
      let query =
        "code=\(returned["code", default: ""].percentEncoded)"
        + "&state=\(returned["state", default: ""].percentEncoded)"
      let back = try await world.finish.send("GET", "\(path)?\(query)", token: ann.token)
      #expect(back.status == 302)
      #expect(try await world.ask("select count(*) from social_account") == "0")
      // and her client, signed in as her, gets nowhere with it
      let answer = try await world.finish(ann, returned)
      #expect(answer.status == 400)
      #expect(answer.code == "STATE_INVALID")
      #expect(try await world.ask("select count(*) from social_account") == "0")
    }
  }

  @Test("nobody finishes who is not signed in")
  func needsUsers() async throws {
    try await LinkingWorld.with(.youtube) { world in
      let user = try await world.signUp()
      let returned = try await world.start(user)
      let body: JSON = ["code": JSON(returned["code"]), "state": JSON(returned["state"])]
      let text = String(decoding: body.bytes, as: UTF8.self)
      #expect(try await world.finish.send(body: text).status == 401)
      #expect(try await world.begin.send(body: "{}").status == 401)
      #expect(try await world.begin.send("GET").status == 401)
    }
  }

  @Test("a state works once, also for its own user")
  func replay() async throws {
    try await LinkingWorld.with(.instagram) { world in
      let user = try await world.signUp()
      let returned = try await world.start(user)
      #expect(try await world.finish(user, returned).status == 200)
      #expect(try await world.finish(user, returned).code == "STATE_INVALID")
    }
  }

  @Test("a state works for ten minutes")
  func expiry() async throws {
    try await LinkingWorld.with(.tiktok) { world in
      let user = try await world.signUp()
      let returned = try await world.start(user)
      try await world.database.psql(
        "update public.oauth_state set expires_at = now() - interval '1 second'"
      )
      #expect(try await world.finish(user, returned).code == "STATE_INVALID")
      let path = "/oauth-tiktok-callback?code=x&state=\(returned["state", default: ""])"
      #expect(try await world.finish.send("GET", path).code == "STATE_INVALID")
    }
  }

  @Test("a state of another platform's is none: codes can't be mixed up")
  func mixUp() async throws {
    try await LinkingWorld.with(.youtube) { world in
      let user = try await world.signUp()
      let returned = try await world.start(user)
      try await world.database.psql("update public.oauth_state set platform = 'tiktok'")
      #expect(try await world.finish(user, returned).code == "STATE_INVALID")
      let used = try await world.ask("select used_at is null from public.oauth_state")
      #expect(used == "t")
    }
  }

  @Test("states are random, kept hashed, and their PKCE verifiers sealed")
  func storesNoState() async throws {
    try await LinkingWorld.with(.youtube) { world in
      let user = try await world.signUp()
      let first = try await world.begin.send(token: user.token, body: "{}")
      let second = try await world.begin.send(token: user.token, body: "{}")
      guard case .string(let state)? = first.json["state"] else { throw CancellationError() }
      #expect(state.count == 43)
      #expect(first.json["state"] != second.json["state"])
      let url = first.json["authorization_url"].map { "\($0)" } ?? ""
      #expect(url.contains("code_challenge_method=S256"))
      let rows = try await world.ask(
        "select string_agg(to_jsonb(s)::text, ' ') from public.oauth_state s"
      )
      #expect(!rows.contains(state))
      let sealed = try await world.ask(
        "select bool_and(code_verifier_secret like 'v1.k2.%') from public.oauth_state"
      )
      #expect(sealed == "t")
    }
  }

  @Test("64 callbacks at once on the free tier leave one account")
  func storm() async throws {
    try await LinkingWorld.with(.youtube, settings: ["DATABASE_CONNECTIONS": "8"]) { world in
      let user = try await world.signUp()
      for number in 0..<64 {
        try await world.played.admin(
          "/admin/creators/youtube",
          #"{"key":"storm\#(number)","size":0}"#
        )
      }
      var returned: [[String: String]] = []
      for number in 0..<64 {
        returned.append(try await world.start(user, as: "storm\(number)"))
      }
      let all = returned
      let codes = try await withThrowingTaskGroup(of: Int.self) { group in
        for each in all { group.addTask { try await world.finish(user, each).status } }
        return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
      }
      #expect(codes == [200: 1, 403: 63])
      let counts = try await world.ask(
        """
        select (select count(*) from social_account), (select count(*) from platform_connection),
          (select count(*) from vault.secrets where name like 'user_%'),
          (select social_accounts_used from subscription where user_id = '\(user.id)')
        """
      )
      #expect(counts == "1|1|1|1")
    }
  }

  @Test("the limit holds at the begin too, and an inactive account does not count")
  func limits() async throws {
    try await LinkingWorld.with(.tiktok) { world in
      let user = try await world.signUp()
      try await world.link(user)
      // as if it were another platform's
      func move(to platform: String) async throws {
        try await world.database.psql(
          """
          update public.platform_connection
          set platform_id = (select id from public.platform where slug = '\(platform)')
          """
        )
      }
      try await move(to: "youtube")
      let refused = try await world.begin.send(token: user.token, body: "{}")
      #expect(refused.status == 403)
      #expect(refused.code == "QUOTA_EXCEEDED")
      #expect(refused.json["error"]?["details"]?["quota"] == "social_account")
      try await move(to: "tiktok")
      try await world.database.psql("update public.platform_connection set is_active = false")
      #expect(try await world.link(user).status == 200)
    }
  }

  @Test(
    "a browser is sent to addresses of the list alone",
    arguments: [
      ("https://app.example/done?a=b", 200), ("https://app.example", 200),
      ("https://site.example/done", 200), ("https://other.example/x/y", 200),
      ("com.example.app://callback", 200), ("com.example.app://callback.evil", 422),
      ("https://third.example/x", 422), ("http://app.example/", 422),
      ("https://app.example.evil/", 422), ("https://app.example@evil/", 422),
      ("https://evil/?https://app.example", 422), ("//app.example/", 422),
      ("https://app.example:444/", 422), ("https:\\\\app.example/", 422),
      ("javascript:alert(1)", 422), ("https://app.example/#x", 422),
      ("http://127.0.0.1:3000/", 422), ("https://app.example/ x", 422),
    ]
  )
  func redirects(address: String, status: Int) async throws {
    let settings = [
      "SITE_URL": "https://site.example",
      "ADDITIONAL_REDIRECT_URLS": "https://other.example/**, com.example.app://callback",
    ]
    try await LinkingWorld.with(.youtube, settings: settings) { world in
      let user = try await world.signUp()
      let body: JSON = ["redirect_to": .string(address)]
      let answer = try await world.begin.send(
        token: user.token,
        body: String(decoding: body.bytes, as: UTF8.self)
      )
      #expect(answer.status == status, "\(answer.body)")
    }
  }

  @Test("what comes back in the address is escaped, and goes no further than the site")
  func escapes() async throws {
    try await LinkingWorld.with(.youtube) { world in
      let user = try await world.signUp()
      let attack = "%3Cscript%3Ealert(1)%3C/script%3E"
      let path = "/oauth-youtube-callback"
      let page = try await world.finish.send(
        "GET",
        "\(path)?error=\(attack)&state=none",
        headers: ["Accept": "text/html"]
      )
      #expect(page.status == 400)
      #expect(!page.body.contains("<script"))
      #expect(page.body.contains("&lt;script&gt;"))
      let json = try await world.finish.send("GET", "\(path)?error=\(attack)&state=none")
      #expect(json.code == "STATE_INVALID")
      #expect(!json.body.contains("<script"))
      let begun = try await world.begin.send(
        token: user.token,
        body: #"{"redirect_to":"https://app.example/done?a=b"}"#
      )
      guard case .string(let state)? = begun.json["state"] else { throw CancellationError() }
      let back = try await world.finish.send(
        "GET",
        "\(path)?error=access_denied%0D%0AX:y&error_description=\(attack)&state=\(state)"
      )
      #expect(back.status == 302)
      #expect(back.headers["x"] == nil)
      let location = back.headers["location"] ?? ""
      #expect(location.hasPrefix("https://app.example/done?a=b&platform=youtube&state="))
      #expect(location.contains("error=access_denied%0D%0AX%3Ay"))
      #expect(!location.contains("<"))
    }
  }
}
