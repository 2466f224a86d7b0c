import Core
import JSON
import Platforms
import TestSupport
import Testing

@testable import disconnect_account
@testable import oauth_instagram_callback
@testable import oauth_instagram_init
@testable import oauth_tiktok_callback
@testable import oauth_tiktok_init
@testable import oauth_youtube_callback
@testable import oauth_youtube_init
@testable import refresh_oauth_tokens

/// A platform, the functions that link accounts on it, and one database for them all.
struct LinkingWorld: Sendable {
  let platform: Platforms.Platform
  let played: PlayedPlatforms
  let begin: TestFunction
  let finish: TestFunction
  let disconnect: TestFunction
  let refresh: TestFunction

  var database: TestDatabase { begin.database }

  static func with(
    _ platform: Platforms.Platform,
    settings: [String: String] = [:],
    _ body: (LinkingWorld) async throws -> Void
  ) async throws {
    switch platform {
    case .youtube:
      try await with(
        platform,
        OauthYoutubeInit.self,
        OauthYoutubeCallback.self,
        settings,
        body
      )
    case .instagram:
      try await with(
        platform,
        OauthInstagramInit.self,
        OauthInstagramCallback.self,
        settings,
        body
      )
    case .tiktok:
      try await with(platform, OauthTiktokInit.self, OauthTiktokCallback.self, settings, body)
    }
  }

  private static func with<Begin: EdgeFunction, Finish: EdgeFunction>(
    _ platform: Platforms.Platform,
    _ begin: Begin.Type,
    _ finish: Finish.Type,
    _ own: [String: String],
    _ body: (LinkingWorld) async throws -> Void
  ) async throws {
    try await PlayedPlatforms.with { played in
      let settings = played.settings.merging(own) { $1 }
      try await TestDatabase.with(TestServer.migrated) { database in
        try await TestFunction.with(begin, settings: settings, on: database) { begin in
          try await TestFunction.with(finish, settings: settings, on: database) { finish in
            try await TestFunction.with(
              DisconnectAccount.self,
              settings: settings,
              on: database
            ) { disconnect in
              try await TestFunction.with(
                RefreshOauthTokens.self,
                settings: settings,
                on: database
              ) { refresh in
                try await body(
                  LinkingWorld(
                    platform: platform,
                    played: played,
                    begin: begin,
                    finish: finish,
                    disconnect: disconnect,
                    refresh: refresh
                  )
                )
              }
            }
          }
        }
      }
    }
  }

  func signUp() async throws -> TestUser { try await begin.signUp() }

  /// Up to the platform's answer, which the browser brings.
  func start(
    _ user: TestUser,
    as account: String? = nil,
    body: String = "{}",
    grant: [String]? = nil
  ) async throws -> [String: String] {
    let begun = try await begin.send(token: user.token, body: body)
    #expect(begun.status == 200, "\(begun.body)")
    return try await played.consent(begun.json["authorization_url"], as: account, grant: grant)
  }

  /// What the client posts that is signed in.
  func finish(_ user: TestUser, _ returned: [String: String]) async throws -> TestAnswer {
    let body: JSON = ["code": JSON(returned["code"]), "state": JSON(returned["state"])]
    return try await finish.send(
      token: user.token,
      body: String(decoding: body.bytes, as: UTF8.self)
    )
  }

  /// All of it.
  @discardableResult
  func link(_ user: TestUser, as account: String? = nil) async throws -> TestAnswer {
    try await finish(user, start(user, as: account))
  }

  /// The tier decides how many accounts a user may link.
  func put(_ user: TestUser, in tier: String) async throws {
    try await database.psql(
      """
      update public.subscription set tier_id =
        (select id from public.subscription_tier where slug = '\(tier)')
      where user_id = '\(user.id)'
      """
    )
  }

  /// What is stored, in one line.
  func ask(_ sql: String) async throws -> String {
    let text = try await database.psql(sql)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
