package import Loop

/// Answers each request in a task of its own, which is cancelled when the client goes away.
@Loop
package final class AsyncHandler: RequestHandler {
  private let respond: @Loop (Request) async -> Response
  private let refusal: @Loop (ProtocolError) -> Response

  /// - Parameters:
  ///   - refusal: the answer to a request that the reader refuses.
  ///   - respond: the answer to any other.
  package init(
    refusal: @escaping @Loop (ProtocolError) -> Response,
    respond: @escaping @Loop (Request) async -> Response
  ) {
    self.respond = respond
    self.refusal = refusal
  }

  package func begin(
    _ head: RequestHead,
    _ bytes: UnsafeRawBufferPointer,
    on connection: ServerConnection
  ) -> any Exchange {
    let exchange = AsyncExchange(Request(head, bytes, on: connection), connection)
    exchange.start(respond)
    return exchange
  }

  package func refuse(_ error: ProtocolError, on connection: ServerConnection) {
    var response = refusal(error)
    response.status = error.status
    ResponseWriter.write(response, to: connection, keepsAlive: false, hasBody: true)
  }
}

/// One request on its way through an asynchronous handler.
@Loop
final class AsyncExchange: Exchange {
  private let request: Request
  private var connection: ServerConnection?
  private var task: Task<Void, Never>?
  /// How many tasks were started: the latest is to answer.
  private var tasks = 0
  private var waiting: UnsafeContinuation<Void, Never>?
  private var isChunked = false
  private var written = 0

  init(_ request: Request, _ connection: ServerConnection) {
    self.request = request
    self.connection = connection
    request.exchange = self
  }

  func start(_ respond: @escaping @Loop (Request) async -> Response) {
    task?.cancel()
    tasks += 1
    task = Loop.task { [self, number = tasks] in
      let response = await respond(request)
      guard number == tasks else { return }
      if case .stream(let length, let write) = response.body {
        await stream(response, length, write)
      } else {
        send(response)
      }
      request.exchange = nil
      task = nil
    }
  }

  func body(_ bytes: UnsafeRawBufferPointer) {
    request.body.receive(bytes)
  }

  func bodyEnded() {
    request.body.complete()
  }

  func drained() {
    let waiting = waiting
    self.waiting = nil
    waiting?.resume()
  }

  func abandoned() {
    connection = nil
    request.body.abandon()
    task?.cancel()
    drained()
  }

  private func send(_ response: Response) {
    guard let connection else { return }
    let keepsAlive = connection.keepsAlive
    let hasBody = mayHaveBody(response)
    ResponseWriter.write(response, to: connection, keepsAlive: keepsAlive, hasBody: hasBody)
    self.connection = nil
    connection.finish(keepsAlive: keepsAlive)
  }

  private func stream(
    _ response: Response,
    _ length: Int?,
    _ write: @Loop (BodyWriter) async throws -> Void
  ) async {
    guard let connection else { return }
    var keepsAlive = connection.keepsAlive
    let hasBody = mayHaveBody(response)
    isChunked = length == nil && request.head.minorVersion == 1
    if length == nil, !isChunked { keepsAlive = false }
    ResponseWriter.write(
      response,
      to: connection,
      keepsAlive: keepsAlive,
      hasBody: hasBody,
      isChunked: isChunked
    )
    if hasBody {
      do {
        try await write(BodyWriter(self))
        if isChunked { ResponseWriter.endChunks(self.connection) }
        if let length, written != length { self.connection?.close() }
      } catch {
        // Without its end the client must not take what it got for the whole.
        self.connection?.close()
      }
    }
    let connectionNow = self.connection
    self.connection = nil
    connectionNow?.finish(keepsAlive: keepsAlive)
  }

  private func mayHaveBody(_ response: Response) -> Bool {
    request.method != .head && response.status != 304 && response.status != 204
  }

  func writePiece(_ bytes: [UInt8]) async throws {
    guard let connection else { throw CancellationError() }
    guard !bytes.isEmpty else { return }
    written += bytes.count
    ResponseWriter.writePiece(bytes, to: connection, isChunked: isChunked)
    while let connection = self.connection, connection.isCongested {
      await withUnsafeContinuation { waiting = $0 }
    }
    if self.connection == nil { throw CancellationError() }
  }
}
