package import Core

extension Setting {
  static let googleAccountsURL = Setting(
    "GOOGLE_ACCOUNTS_BASE_URL",
    default: "https://accounts.google.com",
    "where a browser is sent to allow a YouTube channel's link"
  )
  static let googleOAuthURL = Setting(
    "GOOGLE_OAUTH_BASE_URL",
    default: "https://oauth2.googleapis.com",
    "where Google's tokens come from and end"
  )
  package static let youtubeURL = Setting(
    "YOUTUBE_BASE_URL",
    default: "https://youtube.googleapis.com",
    "the YouTube Data API"
  )
  static let instagramURL = Setting(
    "INSTAGRAM_BASE_URL",
    default: "https://www.instagram.com",
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
  static let tiktokURL = Setting(
    "TIKTOK_BASE_URL",
    default: "https://www.tiktok.com",
    "where a browser is sent to allow a TikTok account's link"
  )
  package static let tiktokAPIURL = Setting(
    "TIKTOK_API_BASE_URL",
    default: "https://open.tiktokapis.com",
    "TikTok's API"
  )
  static let oauthRedirectURL = Setting(
    "OAUTH_REDIRECT_BASE_URL",
    "what the platforms know us by: redirect URIs begin with it; API_EXTERNAL_URL when not set"
  )
  static let oauthRedirectAllowList = Setting(
    "OAUTH_REDIRECT_ALLOW_LIST",
    "origins besides APP_BASE_URL's that a finished link may go back to, comma-separated"
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
      case .youtube: [.googleAccountsURL, .googleOAuthURL, .youtubeURL]
      case .instagram:
        [.instagramURL, .instagramAPIURL, .instagramGraphURL, .instagramGraphVersion]
      case .tiktok: [.tiktokURL, .tiktokAPIURL]
      }
    return [.clientID(self), .clientSecret(self), .oauthRedirectURL] + addresses + Setting.vault
  }

  /// What linking needs besides.
  package var linkingSettings: [Setting] {
    let units: [Setting] = self == .youtube ? [.youtubeDailyUnits] : []
    return settings + [.appURL, .oauthRedirectAllowList] + units
  }

  /// For functions that do so on any platform.
  package static var allSettings: [Setting] {
    var names: Set<String> = []
    return allCases.flatMap(\.settings).filter { names.insert($0.name).inserted }
  }
}

extension Configuration {
  /// A base address without a slash at its end.
  package func baseURL(_ setting: Setting) -> String {
    var text = self[setting] ?? ""
    while text.hasSuffix("/") { text.removeLast() }
    return text
  }

  /// The one that is registered at the platform; it has to be exactly that.
  func redirectURI(_ platform: Platform) -> String {
    let base = baseURL(self[.oauthRedirectURL] == nil ? .externalURL : .oauthRedirectURL)
    return "\(base)/functions/v1/oauth-\(platform.rawValue)-callback"
  }
}
