import Core
import HTTPClient
import JSON
package import Loop
import Postgres

/// Google's OAuth for web servers, asked for a YouTube channel.
///
/// https://developers.google.com/identity/protocols/oauth2/web-server
@Loop
package struct YouTubeOAuth: PlatformOAuth {
  package static let platform = Platform.youtube

  private let client: OAuthClient

  package init(_ client: OAuthClient) {
    self.client = client
  }

  /// Consent is asked for each time: without it a channel that is linked again gets no refresh
  /// token.
  package func authorizationURL(state: String, challenge: String?) throws -> String {
    try client.configuration.authorizationURL(
      .googleAuthorizeURL,
      [
        ("client_id", client.id), ("redirect_uri", client.redirectURI), ("response_type", "code"),
        ("scope", Self.platform.scopes.joined(separator: " ")), ("state", state),
        ("access_type", "offline"), ("prompt", "consent"), ("include_granted_scopes", "true"),
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
    let url = client.configuration[.googleTokenURL] ?? ""
    let keys = [("client_id", client.id as String?), ("client_secret", client.secret)]
    let answer = try await client.ask(.youtube, .form(url, fields + keys))
    return try Grant(.youtube, answer, asked: asked, old: old)
  }

  package func revoke(_ tokens: Tokens) async throws {
    let url = client.configuration[.googleRevokeURL] ?? ""
    let request = ClientRequest.form(url, [("token", tokens.refreshToken ?? tokens.accessToken)])
    let response = try await client.send(.youtube, request)
    guard let refusal = TokenRefusal.of(.youtube, response) else { return }
    // what is no token any more needs no end
    guard refusal.code == "invalid_token" || refusal.kind == .reauth else { throw refusal }
  }

  package func profile(_ accessToken: String, scopes: [String]) async throws -> ChannelProfile {
    let request = ClientRequest(
      .get,
      client.configuration.baseURL(.youtubeURL)
        + "/youtube/v3/channels?part=snippet%2Cstatistics&mine=true",
      headers: ["authorization": "Bearer \(accessToken)", "accept": "application/json"]
    )
    let response = try await client.send(.youtube, request)
    if let refusal = Platform.youtube.refusal(in: response) { throw refusal }
    guard let answer = response.object else {
      throw PlatformFailure(.youtube, unreadable: "a channel was expected")
    }
    guard let channel = answer["items"]?.elements?.first else {
      throw Failure.conflict("this Google account has no YouTube channel")
    }
    guard let profile = ChannelProfile(youtube: channel) else {
      throw PlatformFailure(.youtube, unreadable: "the channel has no id")
    }
    return profile
  }
}

extension ChannelProfile {
  /// - Parameter channel: with its snippet and statistics; nil when it has no id.
  init?(youtube channel: JSON) {
    guard let id = channel["id"]?.text else { return nil }
    self.init(id: id)
    let snippet = channel["snippet"]
    let counts = channel["statistics"]
    displayName = snippet?["title"]?.text
    username = snippet?["customUrl"]?.text
    about = snippet?["description"]?.text
    url = "https://www.youtube.com/channel/\(id)"
    let pictures = snippet?["thumbnails"]
    avatarURL =
      (pictures?["high"] ?? pictures?["medium"] ?? pictures?["default"])?["url"]?
      .text
    let isHidden = counts?["hiddenSubscriberCount"] == .bool(true)
    followers = isHidden ? nil : counts?["subscriberCount"]?.integer
    posts = counts?["videoCount"]?.integer
  }
}
