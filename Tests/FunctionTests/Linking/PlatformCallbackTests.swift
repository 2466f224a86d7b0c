import Core
import Crypto
import JSON
import Platforms
import Postgres
import TestSupport
import Testing

@Suite("What platforms tell of their users", .serialized)
struct PlatformCallbackTests {
  private func told(_ world: LinkingWorld, _ path: String, _ more: String = "") async throws -> JSON
  {
    let url = "http://\(world.finish.address)/oauth-\(world.platform.rawValue)-callback/\(path)"
    let key = try await world.firstCreator()
    return try await world.played.admin(
      "/admin/creators/\(world.platform.rawValue)/\(key)/remove-authorization",
      #"{"url":"\#(url)"\#(more)}"#
    )
  }

  @Test(
    "a removed authorisation unlinks the account, forgets its tokens, and tells its owner",
    arguments: [(Platform.instagram, "deauthorize"), (.tiktok, "webhook")]
  )
  func unlinks(_ platform: Platform, path: String) async throws {
    try await LinkingWorld.with(platform) { world in
      let user = try await world.signUp()
      try await world.link(user)
      let forged = try await told(world, path, #","tampered":true,"keep":true"#)
      #expect(forged["status"] == 401 || forged["status"] == 400)
      #expect(try await world.ask("select is_active from platform_connection") == "t")
      let answer = try await told(world, path)
      #expect(answer["status"] == 200, "\(answer)")
      let row = try await world.ask(
        """
        select c.is_active, s.slug, (select count(*) from vault.secrets),
          (select count(*) from notification n where n.user_id = c.user_id),
          (select social_accounts_used from subscription where user_id = c.user_id)
        from platform_connection c join social_account a on a.connection_id = c.id
        join account_status s on s.id = a.status_id
        """
      )
      #expect(row == "f|disconnected|0|1|0")
      #expect(try await told(world, path)["status"] == 200)
      #expect(try await world.ask("select count(*) from notification") == "1")
    }
  }

  @Test("TikTok's word counts for five minutes, for our client, and when its signature is right")
  func checksWebhooks() async throws {
    try await LinkingWorld.with(.tiktok) { world async throws in
      let path = "/oauth-tiktok-callback/webhook"
      func send(_ body: String, secret: String, at offset: Int) async throws -> Int {
        let time = Int(Timestamp.now.unixSeconds) + offset
        let signed = Array("\(time).\(body)".utf8)
        let code = try HMACSHA256(key: secret.utf8.span).authenticate(signed.span)
        return try await world.finish.send(
          "POST",
          path,
          body: body,
          headers: ["TikTok-Signature": "t=\(time),s=\(Hex.encode(code.span))"]
        ).status
      }
      let secret = "the-tiktok-secret"
      let event = #"{"client_key":"sandbox-tiktok","event":"video.publish","user_openid":"x"}"#
      #expect(try await send(event, secret: secret, at: 0) == 200)
      #expect(try await send(event, secret: secret, at: -290) == 200)
      #expect(try await send(event, secret: secret, at: -310) == 401)
      #expect(try await send(event, secret: secret, at: 310) == 401)
      #expect(try await send(event, secret: "another", at: 0) == 401)
      #expect(try await send("{}", secret: secret, at: 0) == 400)
      #expect(try await world.finish.send("POST", path, body: event).status == 401)
    }
  }

  @Test("Instagram's request for deletion deletes, and its code says how far that is")
  func deletes() async throws {
    try await LinkingWorld.with(.instagram) { world in
      let user = try await world.signUp()
      try await world.link(user)
      let id = try await world.ask("select platform_app_user_id from platform_connection")
      let form = ["Content-Type": "application/x-www-form-urlencoded"]
      let path = "/oauth-instagram-callback/data-deletion"
      let forged = try Self.signed(id, secret: "another")
      #expect(
        try await world.finish.send("POST", path, body: forged, headers: form).status == 401
      )
      #expect(try await world.ask("select count(*) from platform_connection") == "1")
      let body = try Self.signed(id, secret: "the-instagram-secret")
      let answer = try await world.finish.send("POST", path, body: body, headers: form)
      #expect(answer.status == 200, "\(answer.body)")
      guard case .string(let code)? = answer.json["confirmation_code"],
        case .string(let url)? = answer.json["url"]
      else { throw CancellationError() }
      #expect(url == "https://api.example/functions/v1\(path)?code=\(code)")
      let state = try await world.finish.send("GET", "\(path)?code=\(code)")
      #expect(state.json["status"] == "completed", "\(state.body)")
      #expect(state.json["confirmation_code"] == .string(code))
      let page = try await world.finish.send(
        "GET",
        "\(path)?code=\(code)",
        headers: ["Accept": "text/html"]
      )
      #expect(page.body.contains("<h1>Deletion of your data</h1>"))
      #expect(try await world.finish.send("GET", "\(path)?code=other").status == 404)
      #expect(try await world.finish.send("GET", path).status == 404)
      let left = try await world.ask(
        "select (select count(*) from platform_connection), (select count(*) from vault.secrets)"
      )
      #expect(left == "0|0")
      let unknown = try Self.signed("12345", secret: "the-instagram-secret")
      let nothing = try await world.finish.send("POST", path, body: unknown, headers: form)
      #expect(nothing.status == 200)
    }
  }

  private static func signed(_ user: String, secret: String) throws -> String {
    let payload: JSON = [
      "algorithm": "HMAC-SHA256", "user_id": .string(user),
      "issued_at": JSON(Int(Timestamp.now.unixSeconds)),
    ]
    let bytes = payload.bytes
    let text = Base64URL.encode(bytes.span)
    let code = try HMACSHA256(key: secret.utf8.span).authenticate(text.utf8.span)
    return "signed_request=\(Base64URL.encode(code.span)).\(text)"
  }
}

extension LinkingWorld {
  /// Who allows a link when nobody else is named.
  func firstCreator() async throws -> String {
    let name = try await ask("select platform_user_id from platform_connection")
    let list = try await played.creators(platform.rawValue)
    let found = list.first { creator in
      "\(creator)".contains(name)
    }
    guard case .string(let key)? = (found ?? list.first)?["key"] else { throw CancellationError() }
    return key
  }
}
