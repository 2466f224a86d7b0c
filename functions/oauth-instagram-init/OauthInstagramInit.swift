import Core
import Platforms

/// Begins to link an Instagram account: answers where a browser has to go for it.
///
/// `GET` or `POST /oauth-instagram-init`
@main
struct OauthInstagramInit: EdgeFunction {
  static let policy = Policy(.get, .post, writesOnGet: true)
  static let summary = "Begins to link an Instagram account."
  static let settings = Platform.instagram.linkingSettings

  static func handle(_ input: BeginLink, _ call: Call<User>) async throws -> LinkBegun {
    try await Platform.instagram.begin(input, call)
  }
}
