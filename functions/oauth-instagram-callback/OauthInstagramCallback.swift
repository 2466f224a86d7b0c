import Core
import Platforms

/// Finishes the link of an Instagram account that its caller has begun.
///
/// `POST /oauth-instagram-callback` by the client that is signed in; `GET` by the browser that
/// Instagram sends back, which links nothing.
///
/// Instagram itself posts to `/deauthorize` and `/data-deletion` below it.
@main
struct OauthInstagramCallback: EdgeFunction {
  static let policy = Policy(.post, timeLimit: .seconds(60))
  static let summary = "Finishes the link of an Instagram account."
  static let settings = Platform.instagram.linkingSettings
  static let routes = InstagramRoutes.all

  static func handle(_ input: CompleteLink, _ call: Call<User>) async throws -> LinkCompleted {
    try await Platform.instagram.complete(input, call)
  }
}
