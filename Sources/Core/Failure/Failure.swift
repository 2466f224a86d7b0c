package import HTTP
package import JSON

/// Why a request is not answered with success: thrown from anywhere, answered in one place.
package struct Failure: Error, Sendable {
  package var code: ErrorCode
  /// For the client; never a server's own words.
  package var message: String
  package var details: JSON?
  package var headers: [(name: StaticString, value: String)] = []

  package init(_ code: ErrorCode, _ message: String, details: JSON? = nil) {
    self.code = code
    self.message = message
    self.details = details
  }

  /// The same with one more header.
  package func with(_ name: StaticString, _ value: String) -> Failure {
    var failure = self
    failure.headers.append((name, value))
    return failure
  }
}

extension Failure {
  /// Every bad field, in the order in which they were found.
  package static func validation(_ problems: [FieldProblem]) -> Failure {
    let count = problems.count
    return Failure(
      .validationFailed,
      count == 1 ? "one field is not valid" : "\(count) fields are not valid",
      details: .array(
        problems.map { ["field": .string($0.field), "message": .string($0.message)] }
      )
    )
  }

  /// - Parameter reason: what is wrong with the credentials, in the words of RFC 6750 §3.
  package static func unauthorized(_ message: String, reason: String? = nil) -> Failure {
    let challenge =
      reason.map {
        "Bearer realm=\"streamvibe\", error=\"invalid_token\", error_description=\"\($0)\""
      }
      ?? "Bearer realm=\"streamvibe\""
    return Failure(.unauthorized, message).with("www-authenticate", challenge)
  }

  package static func forbidden(_ message: String) -> Failure { Failure(.forbidden, message) }

  package static func notFound(_ message: String) -> Failure { Failure(.notFound, message) }

  package static func conflict(_ message: String) -> Failure { Failure(.conflict, message) }

  /// - Parameter allowed: the methods that are answered.
  package static func methodNotAllowed(_ allowed: [HTTP.Method]) -> Failure {
    let list = allowed.map(\.rawValue).joined(separator: ", ")
    return Failure(.methodNotAllowed, "only \(list) is answered here").with("allow", list)
  }

  /// Something this process needs is away or overloaded; the same request may succeed later.
  package static func unavailable(_ message: String, retryAfter: Duration) -> Failure {
    Failure(.unavailable, message)
      .with("retry-after", String(max(1, Int(retryAfter.components.seconds))))
  }

  /// - Parameter setting: the name of the setting that is missing.
  package static func notConfigured(_ setting: String) -> Failure {
    Failure(.notConfigured, "\(setting) is not set", details: ["setting": .string(setting)])
  }
}
