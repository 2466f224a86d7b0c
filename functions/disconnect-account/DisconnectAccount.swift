import Core
import Platforms
import Postgres

/// Unlinks an account: forgets its tokens at once and tells the platform as soon as it answers.
///
/// `POST /disconnect-account`
@main
struct DisconnectAccount: EdgeFunction {
  static let policy = Policy(.post, timeLimit: .seconds(60))
  static let summary = "Unlinks an account."
  static let settings = Platform.allSettings

  struct Input: Validated {
    var socialAccountId: UUID
  }

  struct Output: Codable {
    var socialAccountId: UUID
    var disconnectedAt: Timestamp
    /// Whether the platform knows: `done`, `pending`, or `none` where there is nothing to tell it.
    var revocation: Disconnected.Ending
  }

  /// Unlinked again, it answers as before. What was stored of the account stays, hidden.
  static func handle(_ input: Input, _ call: Call<User>) async throws -> Output {
    let disconnected = try await call.disconnect(input.socialAccountId)
    return Output(
      socialAccountId: input.socialAccountId,
      disconnectedAt: disconnected.at,
      revocation: disconnected.revocation
    )
  }
}
