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

  /// How many exchanges and buffers are kept for later.
  private static let spareLimit = 256

  let limits: Limits
  /// Client connections that carry another protocol.
  var tunnels: [ObjectIdentifier: ServerConnection] = [:]
  private(set) var upstreams: [Upstream] = []
  private var routes = RouteTable([])
  private let rewriter: RequestRewriter
  private let origins: AllowedOrigins
  private let commonFields: [UInt8]
  /// ``Limits/total`` in nanoseconds.
  let timeLimit: UInt64
  private let own: OwnAnswers
  private var spare: [ForwardExchange] = []
  private var flushDue: [ForwardExchange] = []
  private var spareBuffers: [ByteBuffer] = []
  private let log = AccessLog()
  /// The request that the reader has just refused in the middle of its body, and whose it is.
  private var interrupted: (request: ForwardedRequest, connection: ServerConnection)?

  init(limits: Limits, rewriter: RequestRewriter, origins: AllowedOrigins, own: OwnAnswers) {
    self.limits = limits
    self.rewriter = rewriter
    self.origins = origins
    self.own = own
    timeLimit = UInt64(limits.total.nanoseconds)
    commonFields = origins.fields(for: nil)
    Loop.atEndOfTurn { [self] in flushAll() }
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
    rewriter.rewrite(head, bytes, from: connection.peer, into: exchange.request)
    exchange.start(connection, at: .now)
    if exchange.request.isPreflight {
      answer(exchange, 204, fields: AllowedOrigins.preflight)
    } else if head.method == .options, head.path.slice(of: bytes).equals("*") {
      answer(exchange, 204, fields: LocalFailure.allowedMethods)
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
    let request: ForwardedRequest
    if let interrupted, interrupted.connection === connection {
      request = interrupted.request
    } else {
      request = ForwardedRequest()
      rewriter.identify(request)
    }
    interrupted = nil
    write(.refused(error), request, to: connection)
    log.note(request, status: error.status, bytes: 0, duration: 0, upstream: nil, asked: nil)
  }

  // MARK: - Sending in few system calls

  /// Has the exchange send the pieces of its body that have come by the end of the turn.
  func flushLater(_ exchange: ForwardExchange) {
    flushDue.append(exchange)
  }

  private func flushAll() {
    guard !flushDue.isEmpty else { return }
    let waiting = flushDue
    flushDue.removeAll(keepingCapacity: true)
    for exchange in waiting where exchange.isFlushDue { exchange.sendPending() }
  }

  /// An empty buffer, to be given back.
  func takeBuffer() -> ByteBuffer {
    spareBuffers.popLast() ?? ByteBuffer()
  }

  func giveBack(_ buffer: ByteBuffer) {
    buffer.removeAll()
    if spareBuffers.count < Self.spareLimit { spareBuffers.append(buffer) }
  }

  /// CORS and security fields of each answer.
  func commonFields(for request: ForwardedRequest) -> [UInt8] {
    guard let origin = request.origin else { return commonFields }
    return origins.fields(for: origin)
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
        requestID: String(decoding: request.bytes.slice(request.id), as: UTF8.self)
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
    let output = takeBuffer()
    output.append("HTTP/1.1 ")
    output.append(decimal: status)
    output.append(" ")
    output.append(Status.reason(status))
    output.append("\r\nDate: ")
    output.append(HTTPDate.now)
    output.append("\r\n")
    if status != 204, status != 304 {
      output.append("Content-Type: ")
      output.append(type)
      output.append("\r\nContent-Length: ")
      output.append(decimal: body.count)
      output.append("\r\n")
    }
    output.append(fields)
    ResponseRewriter.writeEnd(
      keepsAlive: keepsAlive,
      for: request,
      common: commonFields(for: request),
      into: output
    )
    if request.method != .head { output.append(body) }
    connection.write(output.bytes)
    giveBack(output)
    return keepsAlive
  }

  // MARK: - Ends

  /// The answer is complete: notes it and keeps the exchange for another request.
  func finished(_ exchange: ForwardExchange) {
    guard exchange.phase != .over else { return }
    let now = Instant.now
    note(exchange, exchange.status, at: now)
    if let connection = exchange.connection, exchange.phase == .tunnel {
      tunnels[ObjectIdentifier(connection)] = nil
    }
    if let link = exchange.link {
      exchange.link = nil
      link.target.end()
      exchange.upstream?.takeBack(link, at: now)
    }
    exchange.giveUp()
    exchange.reset()
    if spare.count < Self.spareLimit { spare.append(exchange) }
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
    let duration = now.nanoseconds - exchange.started.nanoseconds
    exchange.upstream?.metrics.note(status, seconds: Double(duration) / 1_000_000_000)
    var asked: UInt64?
    if let answeredAt = exchange.answeredAt {
      asked = answeredAt.nanoseconds - exchange.askedAt.nanoseconds
    }
    log.note(
      exchange.request,
      status: status,
      bytes: exchange.bytesOut,
      duration: duration,
      upstream: exchange.upstream?.name,
      asked: asked
    )
  }

  /// Ends what never ends by itself.
  func closeTunnels() {
    for connection in Array(tunnels.values) { connection.close() }
  }
}
