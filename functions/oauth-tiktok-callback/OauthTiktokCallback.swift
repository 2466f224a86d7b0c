import Core
import Platforms

/// Finishes the link of a TikTok account that its caller has begun.
///
/// `POST /oauth-tiktok-callback` by the client that is signed in; `GET` by the browser that
/// TikTok sends back, which links nothing.
///
/// TikTok itself posts to `/webhook` below it.
@main
struct OauthTiktokCallback: EdgeFunction {
  static let policy = Policy(.post, timeLimit: .seconds(60))
  static let summary = "Finishes the link of a TikTok account."
  static let settings = Platform.tiktok.linkingSettings
  static let routes = TikTokRoutes.all

  static func handle(_ input: CompleteLink, _ call: Call<User>) async throws -> LinkCompleted {
    try await Platform.tiktok.complete(input, call)
  }
}
