import HTTP

/// The web pages that may read the answers (`CORS_ORIGINS`, the Fetch standard's CORS protocol).
///
/// Credentials are never allowed: callers show who they are by a token, not by a cookie.
struct AllowedOrigins: Sendable {
  private enum Rule {
    case any
    case list([[UInt8]])
  }

  private let rule: Rule
  /// For an answer to an origin that is not allowed, and for each that is.
  private let refused: [UInt8]
  private let allowed: [[UInt8]]

  /// - Parameter list: `*`, or origins such as `https://app.example.org` with commas between them.
  init(_ list: String) {
    let origins = list.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    let exposed = "Access-Control-Expose-Headers: \(Self.exposed)\r\n"
    let nosniff = "X-Content-Type-Options: nosniff\r\n"
    if origins.contains("*") {
      rule = .any
      refused = Array("Access-Control-Allow-Origin: *\r\n\(exposed)\(nosniff)".utf8)
      allowed = []
    } else {
      rule = .list(origins.map { Array($0.utf8) })
      refused = Array("Vary: Origin\r\n\(nosniff)".utf8)
      allowed = origins.map {
        Array("Access-Control-Allow-Origin: \($0)\r\nVary: Origin\r\n\(exposed)\(nosniff)".utf8)
      }
    }
  }

  /// - Returns: what ``fields(for:)`` is asked with; nil for an origin that is not allowed.
  func position(of origin: UnsafeRawBufferPointer) -> Int? {
    guard case .list(let origins) = rule else { return nil }
    return origins.firstIndex { $0.elementsEqual(origin) }
  }

  /// The fields of each answer; with them the one that keeps browsers from guessing at types.
  func fields(for position: Int?) -> [UInt8] {
    position.map { allowed[$0] } ?? refused
  }

  /// What an answer to a preflight has besides.
  static let preflight: StaticString = """
    Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r
    Access-Control-Allow-Headers: authorization, apikey, content-type, accept, accept-language, \
    accept-profile, content-profile, cache-control, idempotency-key, if-match, if-modified-since, \
    if-none-match, prefer, range, range-unit, x-client-info, x-jwt-aud, x-region, x-request-id, \
    x-retry-count, x-supabase-api-version\r
    Access-Control-Max-Age: 600\r\n
    """

  private static let exposed = """
    X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, ETag, Location, Link, Content-Length, \
    Content-Location, Content-Profile, Content-Range, Preference-Applied, Range-Unit, \
    WWW-Authenticate, X-Total-Count, X-Supabase-Api-Version, X-Sb-Error-Code, Proxy-Status, \
    Content-Encoding, Date
    """
}
