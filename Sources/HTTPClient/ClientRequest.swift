/// A request to another server.
package struct ClientRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// Sending it twice does what sending it once does (RFC 9110 §9.2.2).
    package var isIdempotent: Bool { self != .post && self != .patch }
  }

  package var method: Method
  /// Absolute, and without user name and password.
  package var url: String
  package var headers: HeaderFields
  package var body: [UInt8]
  /// Where the request may go.
  package var addresses: AddressPolicy
  package var limits: TransferLimits
  /// How many redirects are followed; at 0 a redirect is an answer like any other. Nothing that
  /// ``AddressPolicy/public`` holds for is ever redirected.
  package var redirects: Int
  /// Whether it may be sent again when a connection that was kept alive breaks before the first
  /// byte of the answer: the server may have acted already.
  package var mayRepeat: Bool

  /// - Parameters:
  ///   - limits: by default those of the address policy.
  ///   - mayRepeat: by default whether the method is idempotent; true for requests whose server
  ///     recognises repetitions.
  package init(
    _ method: Method = .get,
    _ url: String,
    headers: HeaderFields = [:],
    body: [UInt8] = [],
    addresses: AddressPolicy = .configured,
    limits: TransferLimits? = nil,
    redirects: Int = 0,
    mayRepeat: Bool? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.addresses = addresses
    self.limits = limits ?? addresses.limits
    self.redirects = redirects
    self.mayRepeat = mayRepeat ?? method.isIdempotent
  }
}

/// How long a transfer may take and how much it may bring.
package struct TransferLimits: Sendable, Equatable {
  /// Until the connection stands, TLS included.
  package var connect: Duration
  /// For all of it, waiting for a connection and redirects included.
  package var total: Duration
  /// The most bytes of an answer's body, counted after decompression.
  package var body: Int
  /// The most bytes of an answer's status line and header fields.
  package var head: Int

  package init(
    connect: Duration = .seconds(5),
    total: Duration = .seconds(20),
    body: Int = 10 << 20,
    head: Int = 64 << 10
  ) {
    self.connect = connect
    self.total = total
    self.body = body
    self.head = head
  }
}
