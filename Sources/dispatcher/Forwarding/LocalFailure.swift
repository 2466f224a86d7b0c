import HTTP

/// Why the dispatcher answers a request with an error by itself.
enum LocalFailure {
  case notFound
  case methodNotAllowed
  case tooLarge
  /// Too many requests for this service are under way.
  case busy
  /// The service cannot be reached.
  case unavailable
  /// The service's connection ended, or what it answered is no HTTP.
  case failed
  case timedOut
  case refused(ProtocolError)

  var code: ErrorCode {
    switch self {
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .tooLarge: .payloadTooLarge
    case .busy, .unavailable: .unavailable
    case .failed: .upstreamFailed
    case .timedOut: .upstreamTimeout
    case .refused(let error): ErrorCode(error)
    }
  }

  var status: Int {
    if case .refused(let error) = self { error.status } else { code.status }
  }

  var message: String {
    switch self {
    case .notFound: "nothing answers at this path"
    case .methodNotAllowed: "this method is not supported"
    case .tooLarge: "the body is too large"
    case .busy: "too many requests wait for this service; try again shortly"
    case .unavailable: "this service is not available at the moment; try again shortly"
    case .failed: "the service did not give a valid answer"
    case .timedOut: "the service did not answer in time"
    case .refused(let error): error.reason
    }
  }

  /// A line with the methods that some service may answer.
  static let allowedMethods: StaticString =
    "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"

  /// Fields that belong to the status, each line with its end.
  var fields: StaticString {
    switch self {
    case .busy, .unavailable: "Retry-After: 1\r\n"
    case .methodNotAllowed: Self.allowedMethods
    case .refused(let error) where error.status == 405: Self.allowedMethods
    case .notFound, .tooLarge, .failed, .timedOut, .refused: ""
    }
  }
}
