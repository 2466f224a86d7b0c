import HTTP

/// What holds for every request to a function, before its handler sees any.
package struct Policy: Sendable {
  /// HEAD is answered wherever GET is, and OPTIONS everywhere.
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  package enum Caching: Sendable, Equatable {
    case never
    /// Anybody may keep the answer for so long; it carries a strong ETag (RFC 9110 §8.8.3).
    case shared(Duration)
  }

  package let methods: [Method]
  package let quota: QuotaType?
  package let rateLimit: RateLimit
  /// Bytes; nil for the setting MAX_BODY_BYTES.
  package let bodyLimit: Int?
  package let caching: Caching
  /// Whether GET changes something, against its usual meaning (RFC 9110 §9.2.1): the database takes
  /// writes of it. A bearer token is needed all the same, so that no link does it.
  package let writesOnGet: Bool
  /// For the handler; then the client gets UPSTREAM_TIMEOUT and the handler is cancelled.
  package let timeLimit: Duration

  package init(
    _ methods: Method...,
    quota: QuotaType? = nil,
    rateLimit: RateLimit = .standard,
    bodyLimit: Int? = nil,
    caching: Caching = .never,
    writesOnGet: Bool = false,
    timeLimit: Duration = .seconds(30)
  ) {
    self.methods = methods
    self.quota = quota
    self.rateLimit = rateLimit
    self.bodyLimit = bodyLimit
    self.caching = caching
    self.writesOnGet = writesOnGet
    self.timeLimit = timeLimit
  }

  /// The methods that are answered with more than a list of them.
  var allowed: [HTTP.Method] {
    var allowed = methods.compactMap { HTTP.Method(rawValue: $0.rawValue) }
    if methods.contains(.get) { allowed.append(.head) }
    return allowed
  }
}

/// How often a function may be called.
package enum RateLimit: Sendable, Equatable {
  /// A user's requests over all functions, or those of an address that is not signed in.
  case standard
  case exempt
  /// This function's own, of a user or an address.
  case own(requests: Int, per: Duration)
}

/// What a subscription meters (the names of SQL's `p_quota_type`).
package enum QuotaType: String, Sendable {
  case sync
  case aiAnalysis = "ai_analysis"
  case seoSubmission = "seo_submission"
  case socialAccount = "social_account"
}
