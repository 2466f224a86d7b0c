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
  private let database: Database
  private let userLimit: Int
  private let visitorLimit: Int
  private let function: String

  init(_ database: Database, _ configuration: Configuration, function: String) throws {
    self.database = database
    self.function = function
    userLimit = try configuration.number(.userLimit, in: 1...10_000_000)
    visitorLimit = try configuration.number(.visitorLimit, in: 1...10_000_000)
  }

  /// Counts a request of `bearer` from `address`; nil when it is exempt.
  ///
  /// - Parameter bearer: nil when the credentials were refused: that counts against the address.
  func take(
    _ limit: RateLimit,
    _ bearer: Bearer?,
    address: @autoclosure () -> ClientAddress,
    requestID: String
  ) async throws -> RateDecision? {
    let subject: (kind: String, key: String)
    switch bearer {
    case .service?: return nil
    case .user(let user)?: subject = ("user", "user:\(user.id)")
    case .nobody?, nil: subject = ("address", "address:\(address().limitKey)")
    }
    switch limit {
    case .exempt:
      return nil
    case .standard:
      let quota = subject.kind == "user" ? userLimit : visitorLimit
      return try await take(subject.kind, subject.key, quota, 3600, requestID)
    case .own(let requests, let window):
      let seconds = max(1, Int(window.components.seconds))
      return try await take(function, "\(function):\(subject.key)", requests, seconds, requestID)
    }
  }

  private struct Count: Decodable {
    var allowed: Bool
    var remaining: Int
    var resetSeconds: Int
  }

  private func take(
    _ policy: String,
    _ key: String,
    _ limit: Int,
    _ window: Int,
    _ requestID: String
  ) async throws -> RateDecision {
    let sql: SQL = """
      select allowed, remaining, reset_seconds
      from internal.take_rate_limit(
          \(key), \(Int32(limit)), make_interval(secs => \(Double(window))))
      """
    let identity = Identity(
      role: "edge_visitor",
      requestID: requestID,
      statementTimeout: .seconds(3)
    )
    let count = try await database.session(as: identity)
      .one(sql.named("take_rate_limit"), as: Count.self)
    return RateDecision(
      policy: policy,
      limit: limit,
      window: window,
      isAllowed: count.allowed,
      remaining: count.remaining,
      reset: count.resetSeconds
    )
  }
}
