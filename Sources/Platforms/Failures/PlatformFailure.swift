package import Core
import HTTP
import HTTPClient
import JSON
package import Postgres

/// Why a platform did not do what was asked, as a class that says what to do about it.
package struct PlatformFailure: Error, Sendable {
  package enum Kind: Sendable, Equatable {
    /// The same call may succeed later.
    case retry(after: Duration?)
    /// Nothing more is given until then.
    case quota(resets: Timestamp?)
    /// Its owner must link the account again.
    case reauth
    /// So must they, and grant these.
    case missingScopes([String])
    /// The same call will always fail.
    case permanent
  }

  /// The code of a call that was not answered in time.
  static let timeout = "\(ClientError.Kind.timeout)"

  package let platform: Platform
  package let kind: Kind
  /// The platform's own reason, such as `quotaExceeded`, `190/463` or `access_token_invalid`.
  package let code: String
  /// Ours, safe for a client.
  package let message: String

  package init(_ platform: Platform, _ kind: Kind, code: String, _ message: String) {
    self.platform = platform
    self.kind = kind
    self.code = code
    self.message = message
  }
}

extension PlatformFailure: FailureConvertible {
  package var failure: Failure {
    var details: [JSON.Member] = [
      JSON.Member("platform", .string(platform.rawValue)), JSON.Member("reason", .string(code)),
    ]
    switch kind {
    case .retry(let after):
      let isLate = code == PlatformFailure.timeout
      let failure = Failure(
        isLate ? .upstreamTimeout : .upstreamFailed,
        message,
        details: .object(details)
      )
      return after.map { failure.with("retry-after", Self.seconds($0)) } ?? failure
    case .quota(let resets):
      if let resets { details.append(JSON.Member("resets_at", .string("\(resets)"))) }
      let wait = resets.map { Duration.seconds(max(1, $0.unixSeconds - Timestamp.now.unixSeconds)) }
      return Failure(.providerQuota, message, details: .object(details))
        .with("retry-after", Self.seconds(wait ?? .seconds(3600)))
    case .reauth:
      details.append(relink)
      return Failure(.reauthRequired, message, details: .object(details))
    case .missingScopes(let scopes):
      details.append(JSON.Member("scopes", .array(scopes.map { .string($0) })))
      details.append(relink)
      return Failure(.scopeMissing, message, details: .object(details))
    case .permanent:
      return Failure(.upstreamFailed, message, details: .object(details))
    }
  }

  /// How to link again.
  private var relink: JSON.Member {
    JSON.Member("relink", .string("POST /functions/v1/oauth-\(platform.rawValue)-init"))
  }

  private static func seconds(_ duration: Duration) -> String {
    String(max(1, duration.components.seconds))
  }
}
