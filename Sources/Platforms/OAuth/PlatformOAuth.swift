package import Core
package import HTTPClient
package import Loop
import Postgres

/// What is different about linking on each platform. Each call is one, or one of the few, that the
/// platform documents; none is repeated here.
@Loop
package protocol PlatformOAuth: Sendable {
  static var platform: Platform { get }

  init(_ client: OAuthClient)

  /// Where a browser goes to allow the link.
  ///
  /// - Parameter challenge: of the PKCE verifier; nil when there is none.
  /// - Throws: `ConfigurationError` when that address can't be used.
  func authorizationURL(state: String, challenge: String?) throws -> String

  /// - Throws: ``PlatformFailure``
  func exchange(code: String, verifier: String?) async throws -> Grant

  /// - Returns: what the platform gave; a refresh token that it left out is for ``Tokens`` to keep.
  /// - Throws: ``PlatformFailure``; `reauth` when there will be no more tokens without the owner.
  func refresh(_ tokens: Tokens) async throws -> Grant

  /// Ends the grant. One that the platform says to have ended already has ended.
  ///
  /// - Throws: ``PlatformFailure``
  func revoke(_ tokens: Tokens) async throws

  /// - Parameter scopes: what may be asked for.
  /// - Throws: ``PlatformFailure``, and `Failure` for an account that can't be linked.
  func profile(_ accessToken: String, scopes: [String]) async throws -> ChannelProfile
}

/// Who we are at a platform, and the way there.
package struct OAuthClient: Sendable {
  package let id: String
  package let secret: String
  package let redirectURI: String
  package let configuration: Configuration
  let client: Client

  package init(
    id: String,
    secret: String,
    redirectURI: String,
    configuration: Configuration,
    client: Client
  ) {
    self.id = id
    self.secret = secret
    self.redirectURI = redirectURI
    self.configuration = configuration
    self.client = client
  }
}

extension OAuthClient: CustomStringConvertible, CustomReflectable {
  package var description: String { "the client \(id)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Platform {
  @Loop
  package func oauth(_ client: OAuthClient) -> any PlatformOAuth {
    switch self {
    case .youtube: YouTubeOAuth(client)
    case .instagram: InstagramOAuth(client)
    case .tiktok: TikTokOAuth(client)
    }
  }

  /// Whether the end of a grant can be told to the platform.
  var takesRevocations: Bool { self != .instagram }

  /// How long before its end an access token is not used any more (a call with it may take a while).
  var margin: Duration {
    switch self {
    case .youtube: .seconds(5 * 60)
    case .tiktok: .seconds(10 * 60)
    // It lasts for 60 days, and refreshes itself: refresh-oauth-tokens does that ten days before
    // its end, a call on its last day.
    case .instagram: .seconds(24 * 3600)
    }
  }

  /// How long after it was given an access token can't be refreshed yet.
  var minimumAge: Duration { self == .instagram ? .seconds(24 * 3600) : .zero }
}

extension Call {
  /// Who we are at the platform: its keys, from the vault or the environment.
  ///
  /// - Throws: `Failure` with NOT_CONFIGURED, naming the setting.
  package func oauth(
    _ platform: Platform,
    client: Client = .shared
  ) async throws -> any PlatformOAuth {
    platform.oauth(
      OAuthClient(
        id: try await secret(.clientID(platform)),
        secret: try await secret(.clientSecret(platform)),
        redirectURI: configuration.redirectURI(platform),
        configuration: configuration,
        client: client
      )
    )
  }
}
