import Core
import Platforms

/// Refreshes the credentials of linked accounts that would run out unused, for a schedule.
///
/// `POST /refresh-oauth-tokens`
///
/// Tokens that last for an hour or two are none of them: they are refreshed when they are needed.
@main
struct RefreshOauthTokens: EdgeFunction {
  static let policy = Policy(.post, timeLimit: .seconds(140))
  static let summary = "Refreshes the credentials of linked accounts that would run out unused."
  static let settings = Platform.allSettings

  struct Input: Validated {
    var withinHours: Int?

    func validate(_ checks: inout Checks) {
      checks.range(of: withinHours, "within_hours", in: 1...4320)
    }
  }

  static func handle(_ input: Input, _ call: Call<ServiceRole>) async throws -> RefreshReport {
    try await call.refreshTokens(within: input.withinHours ?? 24)
  }
}
