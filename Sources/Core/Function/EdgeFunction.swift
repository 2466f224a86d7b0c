import JSON
import Loop
package import Postgres

/// An edge function: one executable that answers one path, and what lies below it.
///
/// Its name on the wire is the type's in kebab case: `AuthProfileSetup` is `/auth-profile-setup`.
/// The caller's type in ``handle(_:_:)`` decides who is let in.
package protocol EdgeFunction: Sendable {
  associatedtype Input: Validated
  /// Answered as JSON with `"success": true` in front; `Decodable` so that `--describe` can print
  /// its schema.
  associatedtype Output: Codable & Sendable
  associatedtype Who: Caller

  static var policy: Policy { get }
  /// For people, in `--describe`, the README and openapi.json.
  static var summary: String { get }
  /// What it reads from its environment besides what every function does.
  static var settings: [Setting] { get }
  /// What it answers besides: by other methods, and below its path.
  static var routes: [Route] { get }

  /// Gives what is to be told under /metrics, as rows of `name`, `help` and `value`, once a minute;
  /// run as the process's login, for no caller.
  static var gauges: SQL? { get }

  /// Answers a request whose caller, rate limit, input and quota have been checked.
  ///
  /// - Throws: ``Failure`` for an answer that is not a success. Any other error is answered as the
  ///   one place in `Failure+Origin.swift` says, INTERNAL in doubt, and logged.
  @Loop
  static func handle(_ input: Input, _ call: Call<Who>) async throws -> Output
}

extension EdgeFunction {
  package static var settings: [Setting] { [] }
  package static var routes: [Route] { [] }
  package static var gauges: SQL? { nil }

  /// The name of the function, its folder, its binary and its path.
  package static var name: String {
    "\(Self.self)".snakeCased.split(separator: "_").joined(separator: "-")
  }

  package static func main() {
    ResponderProcess.run(FunctionResponder<Self>.self)
  }
}
