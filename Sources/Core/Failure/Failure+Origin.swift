import HTTP
import JSON
import Loop
import Postgres

/// An error of a domain's own that says what a client is told of it.
package protocol FailureConvertible: Error {
  var failure: Failure { get }
}

extension Failure {
  /// What any error becomes for the client. The one place that decides it.
  package init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as any FailureConvertible: self = error.failure
    case let refusal as ProtocolError where refusal.status == 405:
      self = .methodNotAllowed(HTTP.Method.allCases)
    case let refusal as ProtocolError: self.init(ErrorCode(refusal), refusal.reason)
    case let error as PostgresError: self.init(postgres: error)
    case is WorkerPool.Full:
      self = .unavailable("too much is under way, try again", retryAfter: .seconds(1))
    case is DeadlinePassed: self.init(.upstreamTimeout, "this took too long")
    default: self.init(.internal, "something went wrong here")
    }
  }

  private init(postgres error: PostgresError) {
    switch error {
    case .server(let error): self.init(server: error)
    case .unavailable(let retryAfter):
      self = .unavailable("the database is not reachable, try again", retryAfter: retryAfter)
    case .overloaded:
      self = .unavailable("too much is under way, try again", retryAfter: .seconds(1))
    case .connectionLost:
      self = .unavailable("the database went away, try again", retryAfter: .seconds(1))
    case .timeout: self.init(.upstreamTimeout, "the database took too long")
    default: self.init(.internal, "something went wrong here")
    }
  }

  /// SQL refuses with SQLSTATE `PTnnn`, a message for the client, and in DETAIL the envelope's
  /// `{"code":…,"details":…}`. Anything else that it says stays here.
  private init(server error: ServerError) {
    switch error.sqlstate {
    case let state where state.hasPrefix("PT"):
      let detail = error.detail.flatMap { try? JSON(parsing: Array($0.utf8)) }
      self.init(
        Self.code(named: detail?["code"], status: Int(state.dropFirst(2))),
        error.message,
        details: detail?["details"]
      )
    case "57014": self.init(.upstreamTimeout, "the database took too long")
    case "53300", "57P01", "57P02", "57P03":
      self = .unavailable("the database is not reachable, try again", retryAfter: .seconds(1))
    case "40001", "40P01":
      self = .unavailable("somebody else changed the same, try again", retryAfter: .seconds(1))
    default: self.init(.internal, "something went wrong here")
    }
  }

  private static func code(named name: JSON?, status: Int?) -> ErrorCode {
    if case .string(let text)? = name, let code = ErrorCode(rawValue: text) { return code }
    switch status {
    case 403: return .forbidden
    case 404: return .notFound
    case 409: return .conflict
    case 422: return .validationFailed
    case 429: return .rateLimited
    default: return .internal
    }
  }
}

/// A request's time is over.
struct DeadlinePassed: Error {}
