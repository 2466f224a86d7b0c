import Core
import Postgres

/// Completes a new user's profile and gives it a public address.
///
/// `POST /auth-profile-setup`
@main
struct AuthProfileSetup: EdgeFunction {
  static let policy = Policy(.post)
  static let summary = "Completes a user's profile and gives it a public address."
  static let settings = [Setting.appURL]
  static var gauges: SQL? { "select name, help, value from internal.success_gauges('onboarding')" }

  struct Input: Validated {
    var displayName: String
    var bio: String?
    var category: ContentCategory?
    var avatarUrl: String?
    var websiteUrl: String?

    static let aliases = ["primary_category": "category"]

    func validate(_ checks: inout Checks) {
      checks.isNotBlank(displayName, "display_name")
      checks.length(of: displayName, "display_name", in: 1...100)
      checks.length(of: bio, "bio", in: 0...1000)
      checks.url(avatarUrl, "avatar_url")
      checks.url(websiteUrl, "website_url")
    }
  }

  struct Output: Codable {
    var profileSlug: String
    var isPublic: Bool
    var profile: Profile

    struct Profile: Codable {
      var userId: UUID
      var displayName: String
      var profileSlug: String
      var profileUrl: String
    }
  }

  /// A slug stays as it is when the profile is saved again under the same name.
  static func handle(_ input: Input, _ call: Call<User>) async throws -> Output {
    let saved = try await call.database.one(completeProfile(with: input), as: SavedProfile.self)
    let site = call.configuration.baseURL(.appURL)
    return Output(
      profileSlug: saved.profileSlug,
      isPublic: saved.isPublic,
      profile: Output.Profile(
        userId: saved.userId,
        displayName: saved.displayName,
        profileSlug: saved.profileSlug,
        profileUrl: "\(site)/c/\(saved.profileSlug)"
      )
    )
  }

  private struct SavedProfile: Decodable {
    var userId: UUID
    var displayName: String
    var profileSlug: String
    var isPublic: Bool
  }

  private static func completeProfile(with input: Input) -> SQL {
    """
    select user_id, display_name, profile_slug, is_public
    from internal.complete_profile(
        \(input.displayName), \(input.bio), \(input.category?.rawValue), \(input.avatarUrl),
        \(input.websiteUrl))
    """
  }
}
