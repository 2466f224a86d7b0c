import JSON

/// Why a request is not answered as its sender hoped.
///
/// Clients count 500, 502, 503, 504 as a network that fails and try again later; anything else as
/// final, which at `/token` signs the user out. So what passes is 5xx, and what stays is 4xx.
struct AuthFailure: Error, Sendable {
  var status: Int
  var code: AuthCode
  /// For the client; never a server's own words.
  var message: String
  /// Members of the body besides code and message.
  var details: [JSON.Member] = []
  var headers: [(name: StaticString, value: String)] = []
  /// The body has OAuth's members (RFC 6749 §5.2): this in `error`.
  var oauthError: String?

  init(_ status: Int, _ code: AuthCode, _ message: String) {
    self.status = status
    self.code = code
    self.message = message
  }
}

extension AuthFailure {
  /// What is sent can't be understood, or is missing.
  static func invalid(_ message: String) -> AuthFailure {
    AuthFailure(400, .validationFailed, message)
  }

  /// Something that auth needs is away; the same request may succeed in a moment.
  static func unavailable(_ message: String, after seconds: Int = 1) -> AuthFailure {
    var failure = AuthFailure(503, .unexpectedFailure, message)
    failure.headers = [("retry-after", String(seconds))]
    return failure
  }

  /// - Parameter reasons: `length`, `characters`.
  static func weakPassword(_ message: String, reasons: [String]) -> AuthFailure {
    var failure = AuthFailure(422, .weakPassword, message)
    failure.details = [
      JSON.Member("weak_password", ["reasons": .array(reasons.map { .string($0) })])
    ]
    return failure
  }

  /// For clients that read the answer of the token endpoint as OAuth's.
  static func oauth(_ error: String, _ description: String) -> AuthFailure {
    var failure = AuthFailure(400, .validationFailed, description)
    failure.oauthError = error
    return failure
  }
}
