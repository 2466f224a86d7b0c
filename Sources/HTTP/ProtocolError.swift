/// A message that this strict reader refuses: the status it is answered with, and why.
///
/// The connection is closed after the answer, since nothing is known about where the message ends.
package struct ProtocolError: Error, Equatable, Sendable {
  package let status: Int
  /// For the client: what is wrong and where.
  package let reason: String

  init(_ status: Int, _ reason: String) {
    self.status = status
    self.reason = reason
  }

  static func malformed(_ reason: String) -> ProtocolError {
    ProtocolError(400, reason)
  }

  package static let bodyTooLarge = ProtocolError(413, "the body is too large")
  package static let incomplete = ProtocolError(400, "the connection ended within the request")
  package static let headTimeout = ProtocolError(408, "the request's head took too long")
  package static let bodyTimeout = ProtocolError(408, "the request's body arrived too slowly")
}
