/// Why a mail was not taken.
///
/// It names the server, and of its words only the numbers: the rest may repeat the recipient.
package struct MailError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable, CaseIterable {
    /// The server will never take this mail (5xx).
    case rejected = "the server refused the mail"
    /// The server may take it later (4xx), or takes none at all at the moment.
    case deferred = "the server did not take the mail"
    /// The user name and password are wrong, or missing.
    case login = "the server did not accept the login"
    case invalidURL = "the URL of the server is not valid"
    /// A password would have gone to another machine in the clear.
    case forbiddenAddress = "the address is not allowed"
    case unresolvable = "the host name has no address"
    /// Nobody listens there, or the network doesn't reach it.
    case refused = "no connection could be made"
    case timeout = "it took too long"
    /// No TLS where it is a condition, or a certificate that is not trusted or is another host's.
    case tls = "TLS failed"
    /// The connection broke: whether the mail was taken is unknown.
    case disconnected = "the connection was lost"
    case invalidResponse = "the answer is not SMTP"
    /// This process can't: no memory, no threads, no certificates.
    case unavailable = "the client can't send"
  }

  package let kind: Kind
  package let host: String
  /// The reply's code, such as 550; nil when there was none.
  package let status: Int?
  /// The reply's enhanced code (RFC 3463), such as 5.1.1; nil when it had none.
  package let enhancedStatus: String?

  package init(
    _ kind: Kind,
    host: String,
    status: Int? = nil,
    enhancedStatus: String? = nil
  ) {
    self.kind = kind
    self.host = host
    self.status = status
    self.enhancedStatus = enhancedStatus
  }

  /// Whether it would be the same another time.
  package var isPermanent: Bool { kind == .rejected }

  package var description: String {
    let numbers = [status.map { String($0) }, enhancedStatus].compactMap { $0 }
    let suffix = numbers.isEmpty ? "" : " (\(numbers.joined(separator: " ")))"
    return "\(host): \(kind.rawValue)\(suffix)"
  }
}
