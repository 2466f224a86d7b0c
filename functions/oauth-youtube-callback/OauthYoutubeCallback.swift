import Core
import Platforms

/// Finishes the link of a YouTube channel that its caller has begun.
///
/// `POST /oauth-youtube-callback` by the client that is signed in; `GET` by the browser that
/// YouTube sends back, which links nothing.
@main
struct OauthYoutubeCallback: EdgeFunction {
  static let policy = Policy(.post, timeLimit: .seconds(60))
  static let summary = "Finishes the link of a YouTube channel."
  static let settings = Platform.youtube.linkingSettings
  static let routes = [Platform.youtube.returnRoute]

  static func handle(_ input: CompleteLink, _ call: Call<User>) async throws -> LinkCompleted {
    try await Platform.youtube.complete(input, call)
  }
}
