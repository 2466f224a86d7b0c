import HTTPClient
import JSON
import Postgres

/// What the refusals of token endpoints mean, which are not those of the platforms' APIs
/// (RFC 6749 §5.2).
enum TokenRefusal {
  static func of(_ platform: Platform, _ response: ClientResponse) -> PlatformFailure? {
    let object = response.object
    // TikTok sends errors with status 200 too
    if let code = object?["error"]?.text, code != "ok" {
      let (kind, message) = meaning(of: code, platform, response)
      return PlatformFailure(platform, kind, code: code, message)
    }
    if platform == .instagram, let message = object?["error_message"]?.text {
      return instagram(message)
    }
    if let refusal = platform.refusal(in: response) { return refusal }
    return nil
  }

  private static func meaning(
    of code: String,
    _ platform: Platform,
    _ response: ClientResponse
  ) -> (PlatformFailure.Kind, String) {
    switch code {
    case "invalid_grant":
      (.reauth, "\(platform.name) says that the link has ended: link the account again")
    case "access_denied":
      (.reauth, "\(platform.name) says that this was not allowed: link the account again")
    case "server_error", "temporarily_unavailable", "internal_failure":
      (
        .retry(after: response.retryAfter),
        "\(platform.name) has a problem of its own, try again"
      )
    default:
      (
        response.status == 429 || response.status >= 500
          ? .retry(after: response.retryAfter) : .permanent,
        "\(platform.name) does not take our keys or our address: an operator has to look at that"
      )
    }
  }

  /// Its exchange of codes has an envelope of its own, with one code for everything.
  private static func instagram(_ message: String) -> PlatformFailure {
    message.hasPrefix("Matching code")
      ? PlatformFailure(
        .instagram,
        .reauth,
        code: "code_used",
        "Instagram does not know this code any more: begin the link again"
      )
      : PlatformFailure(
        .instagram,
        .permanent,
        code: "OAuthException",
        "Instagram does not take our keys or our address: an operator has to look at that"
      )
  }
}
