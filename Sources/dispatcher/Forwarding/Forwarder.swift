import HTTP
import Loop
import Telemetry

/// The dispatcher's front: finds the service of each request and sees it through, or answers it.
@Loop
final class Forwarder: RequestHandler {
  struct Limits: Sendable {
    /// A request's body, in bytes.
    var body = 10 << 20
    /// From a request's head to the end of its answer.
    var total = Duration.seconds(150)
  }

  private static let spareExchanges = 256

  let limits: Limits
  /// What goes to a client next. Used up within the turn that fills it.
  var output: [UInt8] = []
  /// Client connections that carry another protocol.
  var tunnels: [ObjectIdentifier: ServerConnection] = [:]
  private(set) var upstreams: [Upstream] = []
  private var routes = RouteTable([])
  private var rewriter: RequestRewriter
  private let origins: AllowedOrigins
  private let commonFields: [UInt8]
  private let own: OwnAnswers
  private var spare: [ForwardExchange] = []
  private var corked: [ForwardExchange] = []
  private var chunkBuffer: [UInt8] = []
  private let log = AccessLog()
  /// The request that the reader has just refused in the middle of its body, and whose it is.
  private var interrupted: (request: ForwardedRequest, connection: ServerConnection)?

  init(limits: Limits, rewriter: RequestRewriter, origins: AllowedOrigins, own: OwnAnswers) {
    self.limits = limits
    self.rewriter = rewriter
    self.origins = origins
    self.own = own
    commonFields = origins.fields(for: nil) + "X-Content-Type-Options: nosniff\r\n".utf8
    Loop.atEndOfTurn { [self] in uncorkAll() }
  }

  /// Sends requests for `mounts` to their services from now on.
  func install(_ services: [(upstream: Upstream, mounts: [String])]) {
    upstreams = services.map(\.upstream)
    routes = RouteTable(
      services.enumerated().flatMap { index, service in
        service.mounts.map { (path: $0, service: index) }
      }
    )
  }

  // MARK: - Requests

  func begin(
    _ head: RequestHead,
    _ bytes: UnsafeRawBufferPointer,
    on connection: ServerConnection
  ) -> any Exchange {
    let exchange = spare.popLast() ?? ForwardExchange(self)
    rewriter.rewrite(head, bytes, from: connection.peer, into: &exchange.request)
    exchange.start(connection, at: .now)
    if exchange.request.isPreflight {
      answer(exchange, 204, fields: AllowedOrigins.preflight)
    } else if let route = routes.route(head.path.slice(of: bytes)) {
      take(exchange, route, head.framing)
    } else {
      fail(exchange, .notFound)
    }
    return exchange
  }

  private func take(_ exchange: ForwardExchange, _ route: Route, _ framing: Framing) {
    switch route {
    case .service(let index):
      if case .length(let length) = framing, length > limits.body {
        fail(exchange, .tooLarge)
      } else {
        exchange.forward(to: upstreams[index], framing)
      }
    case .health, .live, .openAPI:
      guard exchange.method == .get || exchange.method == .head else {
        return fail(exchange, .methodNotAllowed)
      }
      own.answer(exchange, route, by: self)
    }
  }

  func refuse(_ error: ProtocolError, on connection: ServerConnection) {
    var request = ForwardedRequest()
    if let interrupted, interrupted.connection === connection {
      request = interrupted.request
    } else {
      rewriter.identify(&request)
    }
    interrupted = nil
    write(.refused(error), request, to: connection)
    log.note(request, status: error.status, bytes: 0, duration: .zero, upstream: nil, asked: nil)
  }

  // MARK: - Sending in few system calls

  /// Has the exchange's head wait until the end of the turn for a body to leave with.
  func cork(_ exchange: ForwardExchange) {
    corked.append(exchange)
  }

  private func uncorkAll() {
    guard !corked.isEmpty else { return }
    let waiting = corked
    corked.removeAll(keepingCapacity: true)
    for exchange in waiting { exchange.uncork() }
  }

  func takeChunkBuffer() -> [UInt8] {
    var buffer: [UInt8] = []
    swap(&buffer, &chunkBuffer)
    return buffer
  }

  func giveBack(chunkBuffer buffer: consuming [UInt8]) {
    buffer.removeAll(keepingCapacity: true)
    chunkBuffer = buffer
  }

  /// Hands ``output`` to the client, and `more` with it.
  func writeOutput(
    to connection: ServerConnection,
    _ more: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    guard !output.isEmpty else {
      if !more.isEmpty { connection.write(more) }
      return
    }
    // The write may find the client gone, and what follows from that may need the buffer.
    var buffer: [UInt8] = []
    swap(&buffer, &output)
    buffer.withUnsafeBytes { buffer in
      if more.isEmpty { connection.write(buffer) } else { connection.write(buffer, more) }
    }
    buffer.removeAll(keepingCapacity: true)
    output = buffer
  }

  /// CORS and security fields of each answer.
  func commonFields(for request: ForwardedRequest) -> [UInt8] {
    guard let origin = request.origin else { return commonFields }
    return origins.fields(for: origin) + "X-Content-Type-Options: nosniff\r\n".utf8
  }

  // MARK: - Own answers

  /// Answers with an error of the dispatcher's own.
  func fail(_ exchange: ForwardExchange, _ failure: LocalFailure) {
    guard let connection = exchange.connection else { return }
    exchange.status = failure.status
    let keepsAlive = write(failure, exchange.request, to: connection)
    finished(exchange)
    connection.finish(keepsAlive: keepsAlive)
  }

  /// Answers with a body, which HEAD only measures.
  func answer(
    _ exchange: ForwardExchange,
    _ status: Int,
    fields: StaticString = "",
    type: StaticString = "application/json; charset=utf-8",
    body: [UInt8] = []
  ) {
    guard let connection = exchange.connection else { return }
    exchange.status = status
    let keepsAlive = write(status, fields, type, body, exchange.request, to: connection)
    finished(exchange)
    connection.finish(keepsAlive: keepsAlive)
  }

  @discardableResult
  private func write(
    _ failure: LocalFailure,
    _ request: ForwardedRequest,
    to connection: ServerConnection
  ) -> Bool {
    write(
      failure.status,
      failure.fields,
      "application/json; charset=utf-8",
      ErrorEnvelope.bytes(
        failure.code,
        failure.message,
        requestID: String(decoding: request.bytes[request.id], as: UTF8.self)
      ),
      request,
      to: connection
    )
  }

  /// - Returns: whether the connection stays, as the answer says.
  private func write(
    _ status: Int,
    _ fields: StaticString,
    _ type: StaticString,
    _ body: [UInt8],
    _ request: ForwardedRequest,
    to connection: ServerConnection
  ) -> Bool {
    let keepsAlive = connection.keepsAlive
    output.append(text: "HTTP/1.1 ")
    output.append(decimal: status)
    output.append(text: " ")
    output.append(text: Status.reason(status))
    output.append(text: "\r\nDate: ")
    output.append(contentsOf: HTTPDate.now)
    output.append(text: "\r\n")
    if status != 204, status != 304 {
      output.append(text: "Content-Type: ")
      output.append(text: type)
      output.append(text: "\r\nContent-Length: ")
      output.append(decimal: body.count)
      output.append(text: "\r\n")
    }
    output.append(text: fields)
    ResponseRewriter.writeEnd(
      keepsAlive: keepsAlive,
      for: request,
      common: commonFields(for: request),
      into: &output
    )
    if request.method != .head { output.append(contentsOf: body) }
    writeOutput(to: connection)
    return keepsAlive
  }

  // MARK: - Ends

  /// The answer is complete: notes it and keeps the exchange for another request.
  func finished(_ exchange: ForwardExchange) {
    guard exchange.phase != .over else { return }
    let now = Instant.now
    note(exchange, exchange.status, at: now)
    exchange.timer.cancel()
    if let connection = exchange.connection, exchange.phase == .tunnel {
      tunnels[ObjectIdentifier(connection)] = nil
    }
    if let link = exchange.link {
      exchange.link = nil
      link.target.end()
      exchange.upstream?.takeBack(link, at: now)
    }
    exchange.releasePlace()
    exchange.reset()
    if spare.count < Self.spareExchanges { spare.append(exchange) }
  }

  /// The client went away before its answer was complete.
  func noteAbandoned(_ exchange: ForwardExchange) {
    guard let connection = exchange.connection else { return }
    tunnels[ObjectIdentifier(connection)] = nil
    if connection.isOpen {
      // The reader refuses the request and answers it next.
      interrupted = (exchange.request, connection)
    } else {
      let isAnswered = exchange.phase == .answering || exchange.phase == .tunnel
      note(exchange, isAnswered ? exchange.status : 499, at: .now)
    }
  }

  private func note(_ exchange: ForwardExchange, _ status: Int, at now: Instant) {
    let duration = now - exchange.started
    exchange.upstream?.metrics.note(status, duration)
    log.note(
      exchange.request,
      status: status,
      bytes: exchange.bytesOut,
      duration: duration,
      upstream: exchange.upstream?.name,
      asked: exchange.answeredAt.map { $0 - exchange.askedAt }
    )
  }

  /// Ends what never ends by itself.
  func closeTunnels() {
    for connection in Array(tunnels.values) { connection.close() }
  }
}
