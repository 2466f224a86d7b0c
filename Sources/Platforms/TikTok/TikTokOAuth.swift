import Core
import HTTPClient
import JSON
package import Loop
import Postgres

/// TikTok's Login Kit: `client_key` for the id, scopes with commas, refresh tokens that die as soon
/// as they are used.
///
/// https://developers.tiktok.com/doc/oauth-user-access-token-management
@Loop
package struct TikTokOAuth: PlatformOAuth {
  package static let platform = Platform.tiktok

  private let client: OAuthClient

  package init(_ client: OAuthClient) {
    self.client = client
  }

  package func authorizationURL(state: String, challenge: String?) throws -> String {
    try client.configuration.authorizationURL(
      .tiktokAuthorizeURL,
      [
        ("client_key", client.id), ("redirect_uri", client.redirectURI), ("response_type", "code"),
        ("scope", Self.platform.scopes.joined(separator: ",")), ("state", state),
        ("code_challenge", challenge), ("code_challenge_method", challenge.map { _ in "S256" }),
      ]
    )
  }

  package func exchange(code: String, verifier: String?) async throws -> Grant {
    try await tokens([
      ("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier),
      ("redirect_uri", client.redirectURI),
    ])
  }

  package func refresh(_ tokens: Tokens) async throws -> Grant {
    try await self.tokens(
      [("grant_type", "refresh_token"), ("refresh_token", tokens.refreshToken)],
      old: tokens
    )
  }

  private func tokens(_ fields: [(String, String?)], old: Tokens? = nil) async throws -> Grant {
    let asked = Timestamp.now
    let answer = try await client.ask(.tiktok, .form(url("/v2/oauth/token/"), keys + fields))
    return try Grant(.tiktok, answer, asked: asked, old: old)
  }

  /// It takes an access token that lives.
  package func revoke(_ tokens: Tokens) async throws {
    let form = keys + [("token", tokens.accessToken)]
    let request = ClientRequest.form(url("/v2/oauth/revoke/"), form)
    let response = try await client.send(.tiktok, request)
    guard let refusal = TokenRefusal.of(.tiktok, response), refusal.kind != .reauth else { return }
    throw refusal
  }

  private var keys: [(String, String?)] {
    [("client_key", client.id), ("client_secret", client.secret)]
  }

  private func url(_ path: String) -> String { client.configuration.baseURL(.tiktokURL) + path }

  package func profile(_ accessToken: String, scopes: [String]) async throws -> ChannelProfile {
    let fields = ChannelProfile.tiktokFields(scopes)
    let request = ClientRequest(
      .get,
      url("/v2/user/info/?") + ClientRequest.query([("fields", fields)]),
      headers: ["authorization": "Bearer \(accessToken)", "accept": "application/json"]
    )
    let response = try await client.send(.tiktok, request)
    if let refusal = Platform.tiktok.refusal(in: response) { throw refusal }
    guard let profile = response.object.flatMap(ChannelProfile.init(tiktok:)) else {
      throw PlatformFailure(.tiktok, unreadable: "an account with its id was expected")
    }
    return profile
  }
}

extension ChannelProfile {
  /// Only the fields that were allowed: for another the whole request is refused.
  static func tiktokFields(_ scopes: [String]) -> String {
    var fields = "open_id,union_id,avatar_url,display_name"
    if scopes.contains("user.info.profile") {
      fields += ",bio_description,profile_deep_link,is_verified,username"
    }
    if scopes.contains("user.info.stats") {
      fields += ",follower_count,following_count,video_count"
    }
    return fields
  }

  /// Nil for an answer without an account's id.
  init?(tiktok answer: JSON) {
    guard let user = answer["data"]?["user"], let id = user["open_id"]?.text else { return nil }
    self.init(id: id)
    displayName = user["display_name"]?.text
    username = user["username"]?.text
    avatarURL = user["avatar_url"]?.text
    about = user["bio_description"]?.text
    url =
      user["profile_deep_link"]?.text
      ?? username.map { "https://www.tiktok.com/@\($0.percentEncoded)" }
    followers = user["follower_count"]?.integer
    following = user["following_count"]?.integer
    posts = user["video_count"]?.integer
    isVerified = user["is_verified"] == .bool(true)
  }
}
