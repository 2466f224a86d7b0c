package import Core
package import Loop
package import Postgres

extension Setting {
  package static let youtubeDailyUnits = Setting(
    "YOUTUBE_DAILY_UNITS",
    default: "10000",
    "how many units of the YouTube Data API this deployment may spend a day"
  )
}

/// A platform's daily units, which all users of this deployment share.
@Loop
package struct DailyUnits {
  private let platform: Platform
  private let limit: Int
  private let database: Session

  private struct Answer: Decodable {
    var isGiven: Bool
    var returnsAt: Timestamp
  }

  /// - Parameters:
  ///   - limit: how many there are a day.
  ///   - database: as whoever spends them.
  package init(_ platform: Platform, limit: Int, in database: Session) {
    self.platform = platform
    self.limit = limit
    self.database = database
  }

  /// Those of YouTube's, as they are set here, spent by the caller.
  init<Who: Caller>(ofYouTube call: Call<Who>) throws {
    let limit = try call.configuration.number(.youtubeDailyUnits, in: 0...1_000_000_000)
    self.init(.youtube, limit: limit, in: call.database)
  }

  /// - Throws: ``PlatformFailure`` with `quota`, which says when units return.
  package func take(_ units: Int) async throws {
    let sql: SQL = """
      select is_given, returns_at
      from internal.take_platform_units(
          \(platform.rawValue), \(units)::int, \(limit)::int)
      """
    let answer = try await database.one(sql.named("take_platform_units"), as: Answer.self)
    guard answer.isGiven else {
      throw PlatformFailure(
        platform,
        .quota(resets: answer.returnsAt),
        code: "dailyUnits",
        "the units of \(platform.name) that are yours today are used up"
      )
    }
  }
}
