import HTTPClient
import JSON
import Postgres

/// What the Instagram API's refusals mean, by code and subcode of the Graph's envelope.
///
/// https://developers.facebook.com/docs/graph-api/guides/error-handling
package enum InstagramFailures {
  static func refusal(
    in response: ClientResponse,
    at now: Timestamp = .now
  ) -> PlatformFailure? {
    let error = response.object?["error"]
    guard !response.isSuccess || error != nil else { return nil }
    guard let error, let code = error["code"]?.integer else {
      return PlatformFailure(.instagram, unknown: response)
    }
    let subcode = error["error_subcode"]?.integer
    let name = subcode.map { "\(code)/\($0)" } ?? "\(code)"
    let isTransient = error["is_transient"] == .bool(true)
    let (kind, message) = meaning(of: code, subcode, isTransient, response, at: now)
    return PlatformFailure(.instagram, kind, code: name, message)
  }

  private static func meaning(
    of code: Int,
    _ subcode: Int?,
    _ isTransient: Bool,
    _ response: ClientResponse,
    at now: Timestamp
  ) -> (PlatformFailure.Kind, String) {
    switch code {
    case 190, 102: (.reauth, reason(subcode))
    case 3, 10, 200...299:
      (
        .missingScopes(Platform.instagram.requiredScopes),
        "the account's owner has not allowed this on Instagram: link it again and allow it"
      )
    case 4, 17, 32, 341, 368, 613, 80001, 80002:
      (
        .quota(resets: now.advanced(by: wait(response) ?? .seconds(3600))),
        "Instagram gives no more for now"
      )
    case 1, 2:
      (.retry(after: response.retryAfter), "Instagram has a problem of its own, try again")
    default:
      isTransient
        ? (.retry(after: response.retryAfter), "Instagram has a problem of its own, try again")
        : (.permanent, "Instagram refused the request (code \(code))")
    }
  }

  private static func reason(_ subcode: Int?) -> String {
    switch subcode {
    case 458: "the account's owner has removed the app on Instagram: link it again"
    case 459, 464: "Instagram wants the account's owner to sign in there: then link it again"
    case 460: "the account's password was changed on Instagram: link it again"
    case 463: "the account's token has expired: link it again"
    default: "Instagram does not take this account's token any more: link it again"
    }
  }

  /// The longest `estimated_time_to_regain_access`, in minutes, of any of the account's limits.
  private static func wait(_ response: ClientResponse) -> Duration? {
    guard let text = response.headers["x-business-use-case-usage"],
      case .object(let members)? = try? JSON(parsing: Array(text.utf8))
    else { return nil }
    let minutes = members.flatMap { $0.value.elements ?? [] }
      .compactMap { $0["estimated_time_to_regain_access"]?.integer }
    guard let longest = minutes.max(), longest > 0 else { return nil }
    return .seconds(min(longest, 1440) * 60)
  }
}
