package import Loop

/// A request as an asynchronous handler gets it: its head with bytes of its own, and its body as it
/// arrives.
package final class Request: Sendable {
  package let head: RequestHead
  package let body: RequestBody
  /// nil for a Unix socket.
  package let peer: SocketAddress?
  private let bytes: [UInt8]
  /// Until it has been answered.
  @Loop var exchange: AsyncExchange?

  @Loop
  init(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, on connection: ServerConnection) {
    self.head = head
    self.bytes = Array(bytes)
    peer = connection.peer
    body = RequestBody(head.framing, connection)
  }

  package var method: Method { head.method }

  /// As it was sent: percent-encoding is not undone.
  package var path: String { text(head.path) }

  /// Whether the path, as it was sent, is this one.
  package func hasPath(_ path: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { head.path.slice(of: $0).elementsEqual(path) }
  }

  /// As it was sent, without the `?`.
  package var query: String? { head.query.map(text) }

  /// The same as bytes; empty without a query.
  package var queryBytes: [UInt8] {
    bytes.withUnsafeBytes { bytes in head.query.map { Array($0.slice(of: bytes)) } ?? [] }
  }

  /// Hands the path, as it was sent, to `body`.
  package func withPath<Value>(
    _ body: (UnsafeRawBufferPointer) throws -> Value
  ) rethrows -> Value {
    try bytes.withUnsafeBytes { try body(head.path.slice(of: $0)) }
  }

  /// Cancels the task that is to answer, and answers with what `respond` gives in its place.
  @Loop
  package func replaceAnswer(with respond: @escaping @Loop () async -> Response) {
    exchange?.start { _ in await respond() }
  }

  /// The first field of that name, which is given in lower case.
  package func header(_ name: StaticString) -> String? {
    withHeader(name) { String(decoding: $0, as: UTF8.self) }
  }

  /// Hands the value of the first field of that name to `body`; nil when there is none.
  package func withHeader<Value>(
    _ name: StaticString,
    _ body: (UnsafeRawBufferPointer) throws -> Value
  ) rethrows -> Value? {
    try bytes.withUnsafeBytes { bytes in
      for field in head.fields where field.name.slice(of: bytes).equalsIgnoringCase(name) {
        return try body(field.value.slice(of: bytes))
      }
      return nil
    }
  }

  /// How many fields have that name, which is given in lower case.
  package func count(of name: StaticString) -> Int {
    bytes.withUnsafeBytes { bytes in
      head.fields.count { $0.name.slice(of: bytes).equalsIgnoringCase(name) }
    }
  }

  /// Hands each field's name and value to `body`, in their order.
  package func forEachField(
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    try bytes.withUnsafeBytes { bytes in
      for field in head.fields {
        try body(field.name.slice(of: bytes), field.value.slice(of: bytes))
      }
    }
  }

  private func text(_ range: ByteRange) -> String {
    bytes.withUnsafeBytes { String(decoding: range.slice(of: $0), as: UTF8.self) }
  }
}
