import HTTP
package import HTTPClient
import JSON
import Postgres

extension Platform {
  /// Why an answer of the platform's API is no success; nil when it is one.
  package func refusal(in response: ClientResponse) -> PlatformFailure? {
    switch self {
    case .youtube: YouTubeFailures.refusal(in: response)
    case .instagram: InstagramFailures.refusal(in: response)
    case .tiktok: TikTokFailures.refusal(in: response)
    }
  }
}

extension Platform {
  /// Why there is to be no call after this answer, a success; nil when there may be one.
  package func pause(after response: ClientResponse) -> PlatformFailure? {
    self == .instagram ? InstagramFailures.pause(after: response) : nil
  }
}

extension PlatformFailure {
  /// For an answer whose body says nothing that is known: by its status alone.
  init(_ platform: Platform, unknown response: ClientResponse) {
    let kind: Kind =
      switch response.status {
      case 401: .reauth
      case 408, 425, 500...599: .retry(after: response.retryAfter)
      case 429: .retry(after: response.retryAfter ?? .seconds(60))
      default: .permanent
      }
    self.init(
      platform,
      kind,
      code: "http \(response.status)",
      "\(platform.name) answered with status \(response.status)"
    )
  }

  /// An answer that is no answer of that platform's: another type, or a page.
  package init(_ platform: Platform, unreadable what: String) {
    self.init(
      platform,
      .retry(after: nil),
      code: "unreadable",
      "\(platform.name) gave an answer that can't be read: \(what)"
    )
  }
}

extension ClientResponse {
  /// Its body as an object; nil when it is anything else.
  var object: JSON? {
    guard case .object(let members)? = try? JSON(parsing: body) else { return nil }
    return .object(members)
  }

  var retryAfter: Duration? { retryAfter(at: .now) }

  /// How long it asks to wait, in seconds or until a date: a day at most (RFC 9110 §10.2.3).
  func retryAfter(at now: Timestamp) -> Duration? {
    guard let text = headers["retry-after"] else { return nil }
    if let seconds = Int(text) {
      return seconds < 0 ? nil : .seconds(min(seconds, 86_400))
    }
    guard let date = HTTPDate.seconds(in: text) else { return nil }
    return .seconds(min(max(date - now.unixSeconds, 0), 86_400))
  }
}
