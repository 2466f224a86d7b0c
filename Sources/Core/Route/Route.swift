import Loop
import Postgres

/// A further call that a function answers beside its main one: by another method, or below its path.
///
/// It is for those who don't speak our JSON: a browser that a platform sends back, a platform that
/// tells of something. Who calls is a type here too; the body comes as it was sent, since what is
/// signed are its bytes.
package struct Route: Sendable {
  package let method: Policy.Method
  /// Below the function's path, such as `/webhook`; empty for that path itself.
  package let subpath: String
  /// For people, in openapi.json.
  package let summary: String
  /// ``RateLimit/exempt`` for platforms, whose calls are not a visitor's; else what holds for the
  /// function holds for it too.
  package let isExempt: Bool
  /// Bytes.
  package let bodyLimit: Int
  /// The parameters of its query, or of a body that is a form, and what each is.
  package let parameters: [(name: String, purpose: String)]
  /// The media type of the body; nil when it takes none.
  package let bodyType: String?
  /// The statuses that it answers with, and when.
  package let answers: [(status: Int, purpose: String)]
  let kind: CallerKind
  let answer: @Loop @Sendable (RawRequest, Admission) async throws -> RouteAnswer

  package init<Who: Caller>(
    _ method: Policy.Method,
    _ subpath: String = "",
    _ summary: String,
    isExempt: Bool = false,
    bodyLimit: Int = 65_536,
    parameters: [(name: String, purpose: String)] = [],
    bodyType: String? = nil,
    answers: [(status: Int, purpose: String)],
    handle: @escaping @Loop @Sendable (RawRequest, Call<Who>) async throws -> RouteAnswer
  ) {
    self.method = method
    self.subpath = subpath
    self.summary = summary
    self.isExempt = isExempt
    self.bodyLimit = bodyLimit
    self.parameters = parameters
    self.bodyType = bodyType
    self.answers = answers
    kind = Who.kind
    answer = { try await handle($0, $1.call(as: Who.self)) }
  }
}

/// Lets somebody in whose type only the route knows.
@Loop
struct Admission {
  let bearer: Bearer
  let requestID: String
  let configuration: Configuration
  let providerKeys: ProviderKeys
  let session: @Loop (CallerIdentity) -> Session

  /// - Throws: ``Failure`` when the caller is not one of these.
  func call<Who: Caller>(as type: Who.Type) throws -> Call<Who> {
    let caller = try Who.admit(bearer)
    return Call(
      caller: caller,
      requestID: requestID,
      configuration: configuration,
      database: session(caller.identity),
      reservation: nil,
      providerKeys: providerKeys
    )
  }
}
