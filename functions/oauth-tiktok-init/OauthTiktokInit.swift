import Core
import Platforms

/// Begins to link a TikTok account: answers where a browser has to go for it.
///
/// `GET` or `POST /oauth-tiktok-init`
@main
struct OauthTiktokInit: EdgeFunction {
  static let policy = Policy(.get, .post, writesOnGet: true)
  static let summary = "Begins to link a TikTok account."
  static let settings = Platform.tiktok.linkingSettings

  static func handle(_ input: BeginLink, _ call: Call<User>) async throws -> LinkBegun {
    try await Platform.tiktok.begin(input, call)
  }
}
