import Core
import Postgres

/// Answers the caller's own row, read under row level security: a user's ordinary request.
///
/// `GET /bench-read`
@main
struct BenchRead: EdgeFunction {
  static let policy = Policy(.get, rateLimit: isCounted ? .standard : .exempt)
  static let summary = "Answers the caller's own row."
  static let settings = [counting]

  struct Output: Codable {
    var id: UUID
    var displayName: String?
    var bio: String?
    var profileSlug: String?
    var isPublic: Bool?
    var createdAt: Timestamp
  }

  static func handle(_ input: NoInput, _ call: Call<User>) async throws -> Output {
    let sql: SQL = """
      select id, display_name, bio, profile_slug, is_public, created_at
      from public.users
      where id = \(call.caller.id)
      """
    return try await call.database.one(sql)
  }

  private static let counting = Setting(
    "BENCH_RATE_LIMIT",
    default: "off",
    "on: requests count against the standard rate limit"
  )
  private static var isCounted: Bool { Configuration.environment[counting] == "on" }
}
