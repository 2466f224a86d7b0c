import Core
import HTTPClient
import Loop
import Postgres
import TestSupport
import Testing

@testable import Platforms

@Suite("The platforms' addresses") struct AddressTests {
  /// Each at a host of its own.
  private static let settings = [
    "GOOGLE_AUTHORIZE_URL": "https://allow.google.example/a/b",
    "GOOGLE_TOKEN_URL": "https://tokens.google.example/t",
    "GOOGLE_REVOKE_URL": "https://end.google.example/r",
    "YOUTUBE_BASE_URL": "https://youtube.example/base/",
    "INSTAGRAM_AUTHORIZE_URL": "https://allow.instagram.example/?a=b",
    "INSTAGRAM_API_BASE_URL": "https://codes.instagram.example",
    "INSTAGRAM_GRAPH_BASE_URL": "https://graph.instagram.example/ig",
    "TIKTOK_AUTHORIZE_URL": "https://allow.tiktok.example/a/",
    "TIKTOK_BASE_URL": "https://tiktok.example",
    "API_EXTERNAL_URL": "https://api.example/",
  ]

  @Loop
  private static func oauth(
    _ platform: Platform,
    _ settings: [String: String] = settings,
    _ transport: (any Transport)? = nil
  ) -> any PlatformOAuth {
    let configuration = Configuration(settings)
    return platform.oauth(
      OAuthClient(
        id: "id",
        secret: "secret",
        redirectURI: configuration.redirectURI(platform),
        configuration: configuration,
        client: transport.map { Client(transport: $0) } ?? .shared
      )
    )
  }

  /// They take what they are asked, and say who that was.
  @Loop
  private static func network() -> StubTransport {
    StubTransport { _ in
      ClientResponse(
        """
        {"access_token":"a","refresh_token":"r","expires_in":3600,"id":"1","user_id":"1",\
        "items":[{"id":"UC1"}],"data":{"user":{"open_id":"1"}}}
        """
      )
    }
  }

  private static let tokens = Tokens(
    accessToken: "a",
    refreshToken: "r",
    issuedAt: .now,
    expiresAt: Timestamp.now.advanced(by: .seconds(3600))
  )

  @Test(
    "are those of the settings, each for what it is there for",
    arguments: [
      (
        Platform.youtube, "https://allow.google.example/a/b?",
        [
          "https://tokens.google.example/t", "https://tokens.google.example/t",
          "https://youtube.example/base/youtube/v3/channels", "https://end.google.example/r",
        ]
      ),
      (
        .instagram, "https://allow.instagram.example/?a=b&",
        [
          "https://codes.instagram.example/oauth/access_token",
          "https://graph.instagram.example/ig/access_token",
          "https://graph.instagram.example/ig/refresh_access_token",
          "https://graph.instagram.example/ig/v25.0/me",
        ]
      ),
      (
        .tiktok, "https://allow.tiktok.example/a/?",
        [
          "https://tiktok.example/v2/oauth/token/", "https://tiktok.example/v2/oauth/token/",
          "https://tiktok.example/v2/user/info/", "https://tiktok.example/v2/oauth/revoke/",
        ]
      ),
    ]
  )
  @Loop
  func areThoseOfTheSettings(
    _ platform: Platform,
    _ authorize: String,
    _ calls: [String]
  ) async throws {
    let network = Self.network()
    let oauth = Self.oauth(platform, Self.settings, network)
    let address = try oauth.authorizationURL(state: "s", challenge: nil)
    #expect(address.hasPrefix(authorize))
    let back = "https://api.example/functions/v1/oauth-\(platform.rawValue)-callback"
    #expect(address.contains("redirect_uri=\(back.percentEncoded)"))
    _ = try await oauth.exchange(code: "c", verifier: "v")
    _ = try await oauth.refresh(Self.tokens)
    _ = try await oauth.profile("a", scopes: [])
    try await oauth.revoke(Self.tokens)
    #expect(network.requests.map { String($0.url.prefix { $0 != "?" }) } == calls)
  }

  @Test(
    "are the real ones where nothing is set",
    arguments: [
      (
        Platform.youtube, "https://accounts.google.com/o/oauth2/v2/auth?",
        [
          "https://oauth2.googleapis.com/token",
          "https://youtube.googleapis.com/youtube/v3/channels",
          "https://oauth2.googleapis.com/revoke",
        ]
      ),
      (
        .instagram, "https://www.instagram.com/oauth/authorize?",
        [
          "https://api.instagram.com/oauth/access_token",
          "https://graph.instagram.com/access_token", "https://graph.instagram.com/v25.0/me",
        ]
      ),
      (
        .tiktok, "https://www.tiktok.com/v2/auth/authorize/?",
        [
          "https://open.tiktokapis.com/v2/oauth/token/",
          "https://open.tiktokapis.com/v2/user/info/",
          "https://open.tiktokapis.com/v2/oauth/revoke/",
        ]
      ),
    ]
  )
  @Loop
  func areReal(_ platform: Platform, _ authorize: String, _ calls: [String]) async throws {
    let network = Self.network()
    let oauth = Self.oauth(platform, [:], network)
    #expect(try oauth.authorizationURL(state: "s", challenge: nil).hasPrefix(authorize))
    _ = try await oauth.exchange(code: "c", verifier: "v")
    _ = try await oauth.profile("a", scopes: [])
    try await oauth.revoke(Self.tokens)
    #expect(network.requests.map { String($0.url.prefix { $0 != "?" }) } == calls)
  }

  @Test(
    "send no browser elsewhere than by https, but to this machine",
    arguments: Platform.allCases,
    [
      ("https://a.example", true), ("http://127.0.0.1:8080/a", true), ("http://[::1]/a", true),
      ("http://localhost/a", true), ("http://a.example", false), ("http://10.0.0.1/", false),
      ("a.example", false), ("javascript:alert(1)", false), ("ftp://127.0.0.1/", false),
    ]
  )
  @Loop
  func sendBrowsersByHTTPS(_ platform: Platform, _ address: (String, Bool)) throws {
    let name = platform == .youtube ? "GOOGLE" : platform.rawValue.uppercased()
    let oauth = Self.oauth(platform, ["\(name)_AUTHORIZE_URL": address.0])
    if address.1 {
      #expect(try oauth.authorizationURL(state: "s", challenge: nil).hasPrefix(address.0 + "?"))
    } else {
      #expect(throws: ConfigurationError.self) {
        try oauth.authorizationURL(state: "s", challenge: nil)
      }
    }
  }

  /// 192.0.2.1 is nobody's (RFC 5737): whoever tried would wait.
  @Test("are sent nothing by http, but on this machine", arguments: Platform.allCases)
  @Loop
  func areAskedByHTTPS(_ platform: Platform) async throws {
    let settings = Self.settings.mapValues { _ in "http://192.0.2.1" }
    let oauth = Self.oauth(platform, settings)
    func refused(_ call: @Loop () async throws -> Void) async {
      do {
        try await call()
        Issue.record("it was sent")
      } catch {
        #expect((error as? PlatformFailure)?.code == "invalidURL", "\(error)")
      }
    }
    await refused { _ = try await oauth.exchange(code: "c", verifier: "v") }
    await refused { _ = try await oauth.refresh(Self.tokens) }
    await refused { _ = try await oauth.profile("a", scopes: []) }
    if platform.takesRevocations { await refused { try await oauth.revoke(Self.tokens) } }
  }
}
