import Core
import HTTP
import Postgres

/// What is kept of a sync that failed: in what way, why, and when it is worth another try.
struct SyncVerdict: Sendable, Equatable {
  /// Of `social_account.last_sync_status`.
  var status: String
  /// The client's.
  var code: String
  var message: String
  /// Nil when only the account's owner can help.
  var nextSyncAt: Timestamp?
  /// The platform has no such channel any more.
  var isClosed = false

  private static let later: Duration = .seconds(15 * 60)
  private static let muchLater: Duration = .seconds(24 * 3600)

  /// - Parameter isCancelled: its time was over, or its caller has gone.
  init(_ error: any Error, isCancelled: Bool, at now: Timestamp = .now) {
    guard !isCancelled else {
      status = "retry_later"
      code = "UPSTREAM_TIMEOUT"
      message = "the sync was stopped before its end; the next one goes on from there"
      nextSyncAt = now.advanced(by: Self.later)
      return
    }
    let failure = Failure(error)
    code = failure.code.rawValue
    message = failure.message
    guard let failure = error as? PlatformFailure else {
      status = "failed"
      nextSyncAt = now.advanced(by: Self.later)
      return
    }
    switch failure.kind {
    case .retry(let after):
      status = "retry_later"
      nextSyncAt = now.advanced(by: max(after ?? .zero, Self.later))
    case .quota(let resets):
      status = "quota_exceeded"
      nextSyncAt = resets ?? now.advanced(by: Self.muchLater)
    case .reauth, .missingScopes:
      status = "reauth_required"
      nextSyncAt = nil
    case .permanent:
      status = "failed"
      isClosed = failure.saysChannelIsClosed
      nextSyncAt = isClosed ? nil : now.advanced(by: Self.muchLater)
    }
  }
}
