package import Loop

/// An answer: a status, its fields and its body.
package struct Response: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Written piece by piece: chunked, or of the length given.
    case stream(length: Int?, write: @Loop @Sendable (BodyWriter) async throws -> Void)

    package static let empty = Body.bytes([])
  }

  package var status: Int
  /// Names in lower case. Length, date and connection are the writer's own business.
  package var headers: [(name: StaticString, value: String)]
  /// Further headers whose names are known only when the answer is made. One whose name is no token,
  /// or is the writer's own business, is left out.
  package var otherHeaders: [(name: String, value: String)] = []
  package var body: Body

  package init(
    status: Int = 200,
    headers: [(name: StaticString, value: String)] = [],
    body: Body = .empty
  ) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// JSON that is already text.
  package init(status: Int = 200, json: [UInt8]) {
    self.init(
      status: status,
      headers: [("content-type", "application/json; charset=utf-8")],
      body: .bytes(json)
    )
  }
}

/// Where a streamed body goes.
@Loop
package final class BodyWriter {
  private unowned let exchange: AsyncExchange

  init(_ exchange: AsyncExchange) {
    self.exchange = exchange
  }

  /// Sends a piece, and waits while the client is slow to take what was sent before.
  ///
  /// - Throws: `CancellationError` when the client has gone.
  package func write(_ bytes: [UInt8]) async throws {
    try await exchange.writePiece(bytes)
  }
}
