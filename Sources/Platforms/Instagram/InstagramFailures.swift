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

  /// What stands for the next call after an answer that says that there is no room for one.
  static func pause(
    after response: ClientResponse,
    at now: Timestamp = .now
  ) -> PlatformFailure? {
    InstagramUsage(response).pause(at: now).map {
      PlatformFailure(
        .instagram,
        .quota(resets: $0),
        code: "usage",
        "what Instagram gives for now is nearly used up"
      )
    }
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
      (.quota(resets: InstagramUsage(response).end(at: now)), "Instagram gives no more for now")
    case 1, 2:
      (.retry(after: response.retryAfter), "Instagram has a problem of its own, try again")
    default:
      isTransient
        ? (.retry(after: response.retryAfter), "Instagram has a problem of its own, try again")
        : (
          PlatformFailure(.instagram, unknown: response).kind,
          "Instagram refused the request (code \(code))"
        )
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
}
