import Core
import Platforms

/// Begins to link a YouTube channel: answers where a browser has to go for it.
///
/// `GET` or `POST /oauth-youtube-init`
@main
struct OauthYoutubeInit: EdgeFunction {
  static let policy = Policy(.get, .post, writesOnGet: true)
  static let summary = "Begins to link a YouTube channel."
  static let settings = Platform.youtube.linkingSettings

  static func handle(_ input: BeginLink, _ call: Call<User>) async throws -> LinkBegun {
    try await Platform.youtube.begin(input, call)
  }
}
