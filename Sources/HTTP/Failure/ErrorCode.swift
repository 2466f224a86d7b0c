/// Every code that a client can meet, and its status. There is no other list.
package enum ErrorCode: String, CaseIterable, Sendable {
  case invalidRequest = "INVALID_REQUEST"
  case invalidJSON = "INVALID_JSON"
  case stateInvalid = "STATE_INVALID"
  case unauthorized = "UNAUTHORIZED"
  case forbidden = "FORBIDDEN"
  case quotaExceeded = "QUOTA_EXCEEDED"
  case scopeMissing = "SCOPE_MISSING"
  case notFound = "NOT_FOUND"
  case methodNotAllowed = "METHOD_NOT_ALLOWED"
  case requestTimeout = "REQUEST_TIMEOUT"
  case conflict = "CONFLICT"
  case reauthRequired = "REAUTH_REQUIRED"
  case payloadTooLarge = "PAYLOAD_TOO_LARGE"
  case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
  case validationFailed = "VALIDATION_FAILED"
  case rateLimited = "RATE_LIMITED"
  case `internal` = "INTERNAL"
  case upstreamFailed = "UPSTREAM_FAILED"
  case unavailable = "UNAVAILABLE"
  case notConfigured = "NOT_CONFIGURED"
  case providerQuota = "PROVIDER_QUOTA"
  case upstreamTimeout = "UPSTREAM_TIMEOUT"

  package var status: Int {
    switch self {
    case .invalidRequest, .invalidJSON, .stateInvalid: 400
    case .unauthorized: 401
    case .forbidden, .quotaExceeded, .scopeMissing: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .requestTimeout: 408
    case .conflict, .reauthRequired: 409
    case .payloadTooLarge: 413
    case .unsupportedMediaType: 415
    case .validationFailed: 422
    case .rateLimited: 429
    case .internal: 500
    case .upstreamFailed: 502
    case .unavailable, .notConfigured, .providerQuota: 503
    case .upstreamTimeout: 504
    }
  }

  /// The code for a request that the reader refused; its status is the refusal's own.
  package init(_ error: ProtocolError) {
    switch error.status {
    case 405: self = .methodNotAllowed
    case 408: self = .requestTimeout
    case 413: self = .payloadTooLarge
    default: self = .invalidRequest
    }
  }
}
