/// Why a request got no answer.
///
/// It names the host and nothing else of the request: no path, query, header or body, any of which
/// may hold a secret.
package struct ClientError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable, CaseIterable {
    /// A header or method that may not be sent like that.
    case invalidRequest = "the request is not valid"
    case invalidURL = "the URL is not valid or not allowed"
    /// The name stands for an address that the policy excludes.
    case forbiddenAddress = "the address is not allowed"
    case unresolvable = "the host name has no address"
    /// Nobody listens there, or the network doesn't reach it.
    case refused = "no connection could be made"
    case timeout = "it took too long"
    /// No TLS, or a certificate that is not trusted or is another host's.
    case tls = "TLS failed"
    /// The connection broke before the answer was complete.
    case disconnected = "the connection was lost"
    case invalidResponse = "the answer is not valid HTTP"
    /// The answer exceeds a limit.
    case tooLarge = "the answer is too large"
    /// Too many redirects, or one that may not be followed.
    case redirect = "the redirect is not allowed"
    /// The task that waited for the answer was cancelled.
    case cancelled = "it was cancelled"
    /// This process can't: no memory, no descriptors, no certificates.
    case unavailable = "the client can't send"
  }

  package let kind: Kind
  /// Empty when the URL has none.
  package let host: String
  /// libcurl's own word for it, which knows nothing of the request; empty when it wasn't asked.
  package let detail: String

  package init(_ kind: Kind, host: String = "", detail: String = "") {
    self.kind = kind
    self.host = host
    self.detail = detail
  }

  package var description: String {
    let subject = host.isEmpty ? "" : "\(host): "
    return detail.isEmpty ? subject + kind.rawValue : "\(subject)\(kind.rawValue) (\(detail))"
  }
}
