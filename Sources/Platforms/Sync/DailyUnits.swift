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
///
/// The longer somebody goes on spending, the more are taken from the day at once; what is left of
/// them is put back in the end. Those of a process that is killed are lost for the day.
@Loop
package final class DailyUnits {
  /// How many are taken in advance: none for the few calls of a short walk.
  private static let few = 8
  private static let most = 64

  private let platform: Platform
  private let limit: Int
  private let database: Session
  private var inHand = 0
  /// When those in hand are worth nothing any more.
  private var dayEnds: Timestamp?
  private var spent = 0

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
  convenience init<Who: Caller>(ofYouTube call: Call<Who>) throws {
    let limit = try call.configuration.number(.youtubeDailyUnits, in: 0...1_000_000_000)
    self.init(.youtube, limit: limit, in: call.database)
  }

  /// - Throws: ``PlatformFailure`` with `quota`, which says when units return.
  package func spend(_ units: Int) async throws {
    if let dayEnds, dayEnds <= .now { inHand = 0 }
    let missing = units - inHand
    if missing > 0 {
      // As many again as were spent until now, if there are so many.
      let ahead = spent < Self.few ? 0 : min(spent, Self.most)
      var answer = try await take(missing + ahead)
      if answer.isGiven {
        inHand += ahead
      } else if ahead > 0 {
        answer = try await take(missing)
      }
      guard answer.isGiven else {
        throw PlatformFailure(
          platform,
          .quota(resets: answer.returnsAt),
          code: "dailyUnits",
          "the units of \(platform.name) that are yours today are used up"
        )
      }
      dayEnds = answer.returnsAt
      inHand += missing
    }
    inHand -= units
    spent += units
  }

  /// Puts back what was not spent. What can't be put back now counts as spent.
  package func putBack() async {
    guard inHand > 0, dayEnds.map({ $0 > .now }) ?? false else { return }
    let sql: SQL = """
      select internal.return_platform_units(\(platform.rawValue), \(inHand)::int)
      """
    inHand = 0
    // Also when the caller is gone and the task cancelled with it.
    await Loop.task { [database] in
      _ = try? await database.run(sql.named("return_platform_units"))
    }.value
  }

  private func take(_ units: Int) async throws -> Answer {
    let sql: SQL = """
      select is_given, returns_at
      from internal.take_platform_units(
          \(platform.rawValue), \(units)::int, \(limit)::int)
      """
    return try await database.one(sql.named("take_platform_units"))
  }
}
