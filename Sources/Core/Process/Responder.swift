package import HTTP
package import Loop

/// What answers in a process of its own: an edge function, or one of the processes of `Sources/`.
///
/// Request ids, the log, metrics and the two paths of health are the same for all and not its work.
@Loop
package protocol Responder: AnyObject, SendableMetatype {
  nonisolated static var profile: ProcessProfile { get }

  /// - Throws: ``ConfigurationError`` when a setting can't be used.
  init(_ environment: ProcessEnvironment) throws

  /// Answers a request; also what fails, each in the words of its own wire.
  func respond(_ context: RequestContext) async -> Response

  /// How long a request may take; nil where that is seen to elsewhere, or nobody cares.
  var timeLimit: Duration? { get }

  /// The answer to a request that took longer, whose ``respond(_:)`` is cancelled.
  func late(_ context: RequestContext) -> Response

  /// The answer to a request that the reader refused.
  func refuse(_ error: ProtocolError, requestID: String) -> Response

  /// Called once, when requests have ended.
  func stop() async
}

extension Responder {
  package var timeLimit: Duration? { nil }

  package func late(_ context: RequestContext) -> Response { Response(status: 504) }

  package func stop() async {}
}
