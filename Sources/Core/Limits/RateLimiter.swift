import HTTP
import Loop
import Postgres

/// What the rate limit says of one request.
struct RateDecision: Sendable {
  let policy: String
  let limit: Int
  let window: Int
  let isAllowed: Bool
  let remaining: Int
  /// Seconds until another request fits.
  let reset: Int

  /// draft-ietf-httpapi-ratelimit-headers-10.
  var headers: [(name: StaticString, value: String)] {
    [
      ("ratelimit-policy", "\"\(policy)\";q=\(limit);w=\(window)"),
      ("ratelimit", "\"\(policy)\";r=\(remaining);t=\(reset)"),
    ]
  }
}

/// Counts requests in PostgreSQL, so that the limit is exact over all processes: a sliding log
/// whose row is locked for a moment. A refused request leaves no trace and does not lengthen the
/// wait.
@Loop
struct RateLimiter {
  private enum Counters {
    case none
    case standard(users: CallCounter, visitors: CallCounter)
    case own(CallCounter)
  }

  private let counters: Counters
  private let function: String

  init(
    _ database: Database,
    _ configuration: Configuration,
    _ limit: RateLimit,
    function: String
  ) throws {
    self.function = function
    let numbers = 1...10_000_000
    let users = try configuration.number(.userLimit, in: numbers)
    let visitors = try configuration.number(.visitorLimit, in: numbers)
    counters =
      switch limit {
      case .exempt:
        .none
      case .standard:
        .standard(
          users: CallCounter(database, limit: users, window: 3600),
          visitors: CallCounter(database, limit: visitors, window: 3600)
        )
      case .own(let requests, let window):
        .own(
          CallCounter(database, limit: requests, window: max(1, Int(window.components.seconds)))
        )
      }
  }

  /// Counts a request of `bearer` from `address`; nil when it is exempt.
  ///
  /// - Parameter bearer: nil when the credentials were refused: that counts against the address.
  func take(
    _ bearer: Bearer?,
    address: @autoclosure () -> ClientAddress,
    requestID: String
  ) async throws -> RateDecision? {
    let user: User?
    switch bearer {
    case .service?: return nil
    case .user(let caller)?: user = caller
    case .nobody?, nil: user = nil
    }
    let key =
      if let user { "user:\(user.id)" } else { "address:\(address().limitKey)" }
    switch counters {
    case .none:
      return nil
    case .standard(let users, let visitors):
      return user == nil
        ? try await take("address", key, visitors, requestID)
        : try await take("user", key, users, requestID)
    case .own(let counter):
      return try await take(function, "\(function):\(key)", counter, requestID)
    }
  }

  private func take(
    _ policy: String,
    _ key: String,
    _ counter: CallCounter,
    _ requestID: String
  ) async throws -> RateDecision {
    let count = try await counter.count(key, requestID: requestID)
    return RateDecision(
      policy: policy,
      limit: counter.limit,
      window: counter.window,
      isAllowed: count.isAllowed,
      remaining: count.remaining,
      reset: count.reset
    )
  }
}
