import Core
import Platforms
import Postgres

/// Reads what an account of the caller's published on YouTube, and stores what is new.
///
/// `POST /sync-youtube`
///
/// The service role syncs for whoever it names, or else for the account's owner.
@main
struct SyncYoutube: EdgeFunction {
  static let policy = Policy(.post, quota: .sync, timeLimit: .seconds(140))
  static let summary = "Reads what an account published on YouTube, and stores what is new."
  static let settings = Platform.youtube.syncSettings
  static var gauges: SQL? { Platform.youtube.gauges }

  /// - Throws: `PlatformFailure` for what YouTube refuses; it says what to do about it.
  static func handle(_ input: SyncInput, _ call: Call<User>) async throws -> SyncOutput {
    try await Sync.run(on: .youtube, input, call)
  }
}
