import JSON
import Loop

/// How strict the platforms are, and in which of their forms they answer: `/admin/settings`.
@Loop
final class Switches {
  enum Number: String, CaseIterable, Sendable {
    case youtubeDailyUnits = "youtube_daily_units"
    case youtubeDailyStatistics = "youtube_daily_batch_stats"
    case googleAccessLife = "google_access_seconds"
    /// A project that is being tested gets a week.
    case googleRefreshLife = "google_refresh_seconds"
    case instagramShortLife = "instagram_short_seconds"
    case instagramLongLife = "instagram_long_seconds"
    /// How old a long token must be before it can be exchanged for a fresh one.
    case instagramRefreshAge = "instagram_refresh_age_seconds"
    /// Calls of an account in 24 hours.
    case instagramDailyCalls = "instagram_daily_calls"
    case tiktokAccessLife = "tiktok_access_seconds"
    case tiktokRefreshLife = "tiktok_refresh_seconds"
    /// Calls of an endpoint.
    case tiktokMinuteCalls = "tiktok_calls_per_minute"
    /// What errors of OAuth are answered with: 0 for what fits, else a status.
    case tiktokOAuthStatus = "tiktok_oauth_error_status"

    var fallback: Int {
      switch self {
      case .youtubeDailyUnits, .youtubeDailyStatistics: 10_000
      case .googleAccessLife: 3599
      case .googleRefreshLife: 20 * 365 * 86_400
      case .instagramShortLife: 3600
      case .instagramLongLife: 5_183_944
      case .instagramRefreshAge: 86_400
      case .instagramDailyCalls: 480_000
      case .tiktokAccessLife: 7200
      case .tiktokRefreshLife: 15_552_000
      case .tiktokMinuteCalls: 600
      case .tiktokOAuthStatus: 0
      }
    }
  }

  /// The first option holds until another is chosen.
  enum Choice: String, CaseIterable, Sendable {
    case instagramToken = "instagram_token"
    case instagramUserID = "instagram_user_id"
    case instagramPermissions = "instagram_permissions"
    case instagramProfile = "instagram_profile"

    var options: [String] {
      switch self {
      case .instagramToken, .instagramProfile: ["flat", "wrapped"]
      case .instagramUserID: ["number", "string"]
      case .instagramPermissions: ["array", "string"]
      }
    }
  }

  private let start: [Number: Int]
  private var numbers: [Number: Int] = [:]
  private var choices: [Choice: String] = [:]

  /// - Parameter start: what holds in place of the usual.
  init(_ start: [Number: Int] = [:]) {
    self.start = start
  }

  func reset() {
    numbers = [:]
    choices = [:]
  }

  subscript(_ number: Number) -> Int { numbers[number] ?? start[number] ?? number.fallback }

  func has(_ choice: Choice, _ option: String) -> Bool {
    (choices[choice] ?? choice.options.first) == option
  }

  var json: JSON {
    .object(
      Number.allCases.map { JSON.Member($0.rawValue, JSON(self[$0])) }
        + Choice.allCases.map { choice in
          JSON.Member(choice.rawValue, JSON(choice.options.first { has(choice, $0) }))
        }
    )
  }

  /// All of `{"<name>": value}`, or nothing. Null is what held at the start.
  func set(_ json: JSON) throws(Refusal) {
    guard case .object(let members) = json else { throw Refusal(422, "it must be an object") }
    var numbers = numbers
    var choices = choices
    for member in members {
      if let number = Number(rawValue: member.name) {
        numbers[number] = try member.value.whole(member.name, in: 0...Int(Int32.max))
      } else if let choice = Choice(rawValue: member.name) {
        choices[choice] = try member.value.option(member.name, choice.options)
      } else {
        let names = Number.allCases.map(\.rawValue) + Choice.allCases.map(\.rawValue)
        throw Refusal(422, "\(member.name) is not known, but \(names.joined(separator: ", "))")
      }
    }
    self.numbers = numbers
    self.choices = choices
  }
}
