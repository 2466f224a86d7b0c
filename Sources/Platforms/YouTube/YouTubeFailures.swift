import HTTPClient
import JSON
package import Postgres

/// What the YouTube Data API's refusals mean, by their reason.
///
/// https://developers.google.com/youtube/v3/docs/errors
package enum YouTubeFailures {
  /// - Parameter now: for the time at which units return.
  static func refusal(
    in response: ClientResponse,
    at now: Timestamp = .now
  ) -> PlatformFailure? {
    guard !response.isSuccess else { return nil }
    guard let error = response.object?["error"], let reason = reason(in: error) else {
      return PlatformFailure(.youtube, unknown: response)
    }
    let (kind, message) = meaning(of: reason, response, at: now)
    return PlatformFailure(.youtube, kind, code: reason, message)
  }

  static let closed = [
    "authenticatedUserAccountClosed", "authenticatedUserAccountSuspended", "channelClosed",
    "channelSuspended",
  ]

  /// `errors[0].reason`, then that of an ErrorInfo among the details, then the status' name.
  private static func reason(in error: JSON) -> String? {
    error["errors"]?.elements?.first?["reason"]?.text
      ?? error["details"]?.elements?.lazy.compactMap { $0["reason"]?.text }.first
      ?? error["status"]?.text
  }

  private static func meaning(
    of reason: String,
    _ response: ClientResponse,
    at now: Timestamp
  ) -> (PlatformFailure.Kind, String) {
    switch reason {
    case "authError", "ACCESS_TOKEN_EXPIRED", "UNAUTHENTICATED":
      (.reauth, "YouTube does not take this account's token any more: link it again")
    case "quotaExceeded", "dailyLimitExceeded":
      (
        .quota(resets: pacificMidnight(after: now)),
        "YouTube's daily units are used up until midnight in California"
      )
    case "rateLimitExceeded", "userRateLimitExceeded", "concurrentLimitExceeded",
      "RATE_LIMIT_EXCEEDED":
      (.retry(after: response.retryAfter), "YouTube asks for fewer requests at once")
    case "insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
      (
        .missingScopes(Platform.youtube.requiredScopes),
        "the account's owner has not allowed this on YouTube: link it again and allow it"
      )
    case "forbidden", "accountDelegationForbidden":
      (.reauth, "YouTube does not allow this to the account: link it again")
    case "backendError", "internalError", "SERVICE_UNAVAILABLE", "UNAVAILABLE", "INTERNAL":
      (.retry(after: response.retryAfter), "YouTube has a problem of its own, try again")
    case "accessNotConfigured":
      (.permanent, "the YouTube Data API is not enabled for this client: its operator must do that")
    case _ where closed.contains(reason):
      (.permanent, "the channel is closed or suspended on YouTube")
    case "playlistNotFound", "channelNotFound", "videoNotFound":
      (.permanent, "YouTube does not know this channel, playlist or video")
    case "invalidPageToken":
      (.permanent, "YouTube does not know this page of the listing any more")
    case "playlistItemsNotAccessible", "watchHistoryNotAccessible":
      (.permanent, "YouTube does not list this playlist")
    default:
      (
        PlatformFailure(.youtube, unknown: response).kind,
        "YouTube refused the request (status \(response.status))"
      )
    }
  }

  /// The next midnight in America/Los_Angeles, when the units of a day begin anew: 8 hours behind
  /// UTC, 7 from the second Sunday of March to the first one of November, both at 2 in the morning.
  package static func pacificMidnight(after now: Timestamp) -> Timestamp {
    let standard = now.unixSeconds - 8 * 3600
    // Where the wall clock stands; in the one hour that is there twice, midnight is as far.
    let today = (isSummer(standard) ? standard + 3600 : standard).quotient(by: 86_400)
    let midnight = (today + 1) * 86_400
    return Timestamp(unixSeconds: midnight + (isSummer(midnight - 3600) ? 7 : 8) * 3600)
  }

  /// - Parameter standard: seconds of Pacific standard time.
  private static func isSummer(_ standard: Int) -> Bool {
    let days = standard.quotient(by: 86_400)
    let year = Timestamp(unixSeconds: standard).year
    let start = firstSunday(onOrAfter: dayNumber(year, 3, 8)) * 86_400 + 2 * 3600
    let end = firstSunday(onOrAfter: dayNumber(year, 11, 1)) * 86_400 + 3600
    return days >= 0 && (start..<end).contains(standard)
  }

  private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let month = month < 10 ? "0\(month)" : "\(month)"
    let day = day < 10 ? "0\(day)" : "\(day)"
    return (Timestamp("\(year)-\(month)-\(day)T00:00:00Z")?.unixSeconds ?? 0) / 86_400
  }

  /// 1970-01-01 was a Thursday.
  private static func firstSunday(onOrAfter day: Int) -> Int { day + (10 - day % 7) % 7 }
}

extension PlatformFailure {
  /// There is nothing to sync any more: the channel is closed or suspended.
  var saysChannelIsClosed: Bool { platform == .youtube && YouTubeFailures.closed.contains(code) }
}

extension Timestamp {
  fileprivate var year: Int { Int(description.prefix(4)) ?? 1970 }
}

extension Int {
  /// Rounded down.
  fileprivate func quotient(by divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
