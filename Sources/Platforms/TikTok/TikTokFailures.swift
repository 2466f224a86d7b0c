import HTTPClient
import JSON
import Postgres

/// What TikTok's refusals mean, by `error.code`, which is `ok` in every success.
///
/// https://developers.tiktok.com/doc/tiktok-api-v2-error-handling
package enum TikTokFailures {
  static func refusal(
    in response: ClientResponse,
    at now: Timestamp = .now
  ) -> PlatformFailure? {
    guard let code = response.object?["error"]?["code"]?.text else {
      return response.isSuccess ? nil : PlatformFailure(.tiktok, unknown: response)
    }
    guard code != "ok" || !response.isSuccess else { return nil }
    let (kind, message) = meaning(of: code, response, at: now)
    return PlatformFailure(.tiktok, kind, code: code, message)
  }

  private static func meaning(
    of code: String,
    _ response: ClientResponse,
    at now: Timestamp
  ) -> (PlatformFailure.Kind, String) {
    switch code {
    case "access_token_invalid":
      (.reauth, "TikTok does not take this account's token any more: link it again")
    case "scope_not_authorized", "scope_permission_missed":
      (
        .missingScopes(Platform.tiktok.requiredScopes),
        "the account's owner has not allowed this on TikTok: link it again and allow it"
      )
    case "rate_limit_exceeded":
      (
        .quota(resets: now.advanced(by: response.retryAfter ?? .seconds(60))),
        "TikTok gives no more for a minute"
      )
    case "internal_error":
      (.retry(after: response.retryAfter), "TikTok has a problem of its own, try again")
    case "invalid_params", "invalid_file_upload":
      (.permanent, "TikTok refused the request's parameters")
    default:
      (
        PlatformFailure(.tiktok, unknown: response).kind,
        "TikTok refused the request (status \(response.status))"
      )
    }
  }
}
