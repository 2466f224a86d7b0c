import Core
import HTTPClient
import JSON
package import Loop
import Postgres

/// The Instagram API with Instagram Login: a code gives a token for an hour, which gives one for
/// sixty days, which refreshes itself. There is no PKCE and no revocation.
///
/// https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login
@Loop
package struct InstagramOAuth: PlatformOAuth {
  package static let platform = Platform.instagram

  private let client: OAuthClient

  package init(_ client: OAuthClient) {
    self.client = client
  }

  package func authorizationURL(state: String, challenge: String?) throws -> String {
    try client.configuration.authorizationURL(
      .instagramAuthorizeURL,
      [
        ("client_id", client.id), ("redirect_uri", client.redirectURI), ("response_type", "code"),
        ("scope", Self.platform.scopes.joined(separator: ",")), ("state", state),
      ]
    )
  }

  /// The short token is known to nobody but this.
  package func exchange(code: String, verifier: String?) async throws -> Grant {
    let url = client.configuration.baseURL(.instagramAPIURL) + "/oauth/access_token"
    let answer = try await client.ask(
      .instagram,
      .form(
        url,
        [
          ("client_id", client.id), ("client_secret", client.secret),
          ("grant_type", "authorization_code"), ("redirect_uri", client.redirectURI),
          ("code", Self.bare(code)),
        ]
      )
    )
    // documented within `data`, seen without
    let short = answer["data"]?.elements?.first ?? answer
    guard let token = short["access_token"]?.text else {
      throw PlatformFailure(.instagram, unreadable: "it has no access token")
    }
    var grant = try await long(
      "/access_token",
      [
        ("grant_type", "ig_exchange_token"), ("client_secret", client.secret),
        ("access_token", token),
      ]
    )
    grant.scopes = Grant.scopes(short["permissions"]) ?? grant.scopes
    return grant
  }

  /// What a browser's address may end with is no part of the code.
  private static func bare(_ code: String) -> String {
    code.hasSuffix("#_") ? String(code.dropLast(2)) : code
  }

  package func refresh(_ tokens: Tokens) async throws -> Grant {
    try await long(
      "/refresh_access_token",
      [("grant_type", "ig_refresh_token"), ("access_token", tokens.accessToken)]
    )
  }

  private func long(_ path: String, _ fields: [(String, String?)]) async throws -> Grant {
    let asked = Timestamp.now
    let url = client.configuration.baseURL(.instagramGraphURL) + path + "?"
    let request = ClientRequest(
      .get,
      url + ClientRequest.query(fields),
      headers: ["accept": "application/json"]
    )
    return try Grant(.instagram, await client.ask(.instagram, request), asked: asked)
  }

  package func revoke(_ tokens: Tokens) async throws {}

  package func profile(_ accessToken: String, scopes: [String]) async throws -> ChannelProfile {
    let configuration = client.configuration
    let version = configuration[.instagramGraphVersion] ?? ""
    let request = ClientRequest(
      .get,
      configuration.baseURL(.instagramGraphURL)
        + "/\(version)/me?" + ClientRequest.query([("fields", ChannelProfile.instagramFields)]),
      headers: ["authorization": "Bearer \(accessToken)", "accept": "application/json"]
    )
    let response = try await client.send(.instagram, request)
    if let refusal = Platform.instagram.refusal(in: response) { throw refusal }
    guard let answer = response.object else {
      throw PlatformFailure(.instagram, unreadable: "an account was expected")
    }
    let account = answer["data"]?.elements?.first ?? answer
    let type = account["account_type"]?.text?.uppercased()
    guard type != "PERSONAL" else {
      throw Failure.conflict(
        "this is a personal account: Instagram opens business and creator accounts alone"
      )
    }
    guard let profile = ChannelProfile(instagram: answer) else {
      throw PlatformFailure(.instagram, unreadable: "the account has no id")
    }
    return profile
  }
}

extension ChannelProfile {
  static let instagramFields =
    "id,user_id,username,name,account_type,profile_picture_url,followers_count,follows_count,"
    + "media_count"

  /// - Parameter answer: documented within `data`, seen without; nil when it has no id.
  init?(instagram answer: JSON) {
    let account = answer["data"]?.elements?.first ?? answer
    guard let id = (account["user_id"] ?? account["id"])?.scalar else { return nil }
    self.init(id: id)
    appUserID = account["id"]?.scalar
    username = account["username"]?.text
    displayName = account["name"]?.text
    avatarURL = account["profile_picture_url"]?.text
    url = username.map { "https://www.instagram.com/\($0.percentEncoded)/" }
    followers = account["followers_count"]?.integer
    following = account["follows_count"]?.integer
    posts = account["media_count"]?.integer
  }
}
