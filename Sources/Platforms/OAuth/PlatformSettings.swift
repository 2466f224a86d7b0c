package import Core
import HTTPClient

extension Setting {
  static let googleAuthorizeURL = Setting(
    "GOOGLE_AUTHORIZE_URL",
    default: "https://accounts.google.com/o/oauth2/v2/auth",
    "where a browser is sent to allow a YouTube channel's link"
  )
  static let googleTokenURL = Setting(
    "GOOGLE_TOKEN_URL",
    default: "https://oauth2.googleapis.com/token",
    "where Google's tokens come from"
  )
  static let googleRevokeURL = Setting(
    "GOOGLE_REVOKE_URL",
    default: "https://oauth2.googleapis.com/revoke",
    "where Google's tokens end"
  )
  package static let youtubeURL = Setting(
    "YOUTUBE_BASE_URL",
    default: "https://youtube.googleapis.com",
    "the YouTube Data API"
  )
  static let instagramAuthorizeURL = Setting(
    "INSTAGRAM_AUTHORIZE_URL",
    default: "https://www.instagram.com/oauth/authorize",
    "where a browser is sent to allow an Instagram account's link"
  )
  static let instagramAPIURL = Setting(
    "INSTAGRAM_API_BASE_URL",
    default: "https://api.instagram.com",
    "where Instagram's codes are exchanged"
  )
  package static let instagramGraphURL = Setting(
    "INSTAGRAM_GRAPH_BASE_URL",
    default: "https://graph.instagram.com",
    "the Instagram API, and where its tokens are refreshed"
  )
  package static let instagramGraphVersion = Setting(
    "INSTAGRAM_GRAPH_VERSION",
    default: "v25.0",
    "the version of the Instagram API"
  )
  static let tiktokAuthorizeURL = Setting(
    "TIKTOK_AUTHORIZE_URL",
    default: "https://www.tiktok.com/v2/auth/authorize/",
    "where a browser is sent to allow a TikTok account's link"
  )
  package static let tiktokURL = Setting(
    "TIKTOK_BASE_URL",
    default: "https://open.tiktokapis.com",
    "TikTok's API, and where its tokens come from and end"
  )

  static func clientID(_ platform: Platform) -> Setting {
    let name = platform.rawValue.uppercased()
    let what = platform == .tiktok ? "client key" : "client id"
    return Setting("\(name)_CLIENT_ID", "the \(what) that \(platform.name) gave us")
  }

  static func clientSecret(_ platform: Platform) -> Setting {
    let name = platform.rawValue.uppercased()
    return Setting("\(name)_CLIENT_SECRET", isSecret: true, "the secret that goes with it")
  }
}

extension Platform {
  /// What calling the platform for an account needs, refreshing its tokens included; a function
  /// that does so lists them.
  package var settings: [Setting] {
    let addresses: [Setting] =
      switch self {
      case .youtube: [.googleAuthorizeURL, .googleTokenURL, .googleRevokeURL, .youtubeURL]
      case .instagram:
        [.instagramAuthorizeURL, .instagramAPIURL, .instagramGraphURL, .instagramGraphVersion]
      case .tiktok: [.tiktokAuthorizeURL, .tiktokURL]
      }
    return [.clientID(self), .clientSecret(self)] + addresses + Setting.vault
  }

  /// What linking needs besides.
  package var linkingSettings: [Setting] {
    let units: [Setting] = self == .youtube ? [.youtubeDailyUnits] : []
    return settings + Setting.redirects + units
  }

  /// For functions that do so on any platform.
  package static var allSettings: [Setting] {
    var names: Set<String> = []
    return allCases.flatMap(\.settings).filter { names.insert($0.name).inserted }
  }
}

extension Configuration {
  /// Where a browser asks for a grant. What the address asks of itself stays (RFC 6749 §3.1).
  ///
  /// - Throws: `ConfigurationError` when the address is neither https nor this machine's.
  func authorizationURL(_ setting: Setting, _ fields: [(String, String?)]) throws -> String {
    let text = self[setting] ?? ""
    guard let url = WebURL(text), url.scheme == "https" || (url.isWeb && url.isLoopback) else {
      throw ConfigurationError("\(setting.name) must be https:// and a host, not \(text)")
    }
    return text + (text.contains("?") ? "&" : "?") + ClientRequest.query(fields)
  }

  /// The one that is registered at the platform; it has to be exactly that.
  func redirectURI(_ platform: Platform) -> String {
    "\(baseURL(.externalURL))/functions/v1/oauth-\(platform.rawValue)-callback"
  }
}
