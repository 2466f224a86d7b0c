import Glibc
package import Loop

/// A client's connection: reads requests one after the other, hands each to the server's handler
/// and writes the answers in their order. Nothing of a connection that waits is held in memory but
/// this.
@Loop
package final class ServerConnection: EventSource {
  enum Phase: Equatable {
    /// Between requests, or within a head.
    case head
    /// The body is being handed to the exchange.
    case body
    /// The request is complete and its answer under way; what arrives now waits.
    case answering
    /// Both directions belong to the exchange, as they come.
    case tunnel
    /// The answer has been sent; what still arrives is thrown away until the client closes.
    case lingering
    case closed
  }

  /// The peer; nil for a Unix socket.
  package let peer: SocketAddress?
  package let limits: Limits
  let server: Server
  let descriptor: Int32
  var phase = Phase.head
  var parser: RequestParser
  var exchange: (any Exchange)?
  /// Received but not used: a head that is incomplete, or the next requests of a pipeline.
  var unread: [UInt8] = []
  var bodyLeft = 0
  var chunks: ChunkedDecoder?
  var output = OutputQueue()
  var interest: Readiness = .readable
  var isBodyPaused = false
  /// The client waits for `100 Continue` before it sends the body.
  var holdsBodyBack = false
  /// The client has closed its side.
  var hasEnded = false
  /// The exchange is over, but bytes of its answer are waiting or the rest of its body is on its
  /// way.
  var isFinishing = false
  var mayKeepAlive = false
  var bodyBytes = 0
  var phaseStart = Instant.now
  var sentInWindow = 0
  var isDispatching = false
  var isAnswerBegun = false
  /// Whether the time for the head that is arriving has begun; a new connection's begins at once.
  var isHeadTimed = true
  lazy var timer = LoopTimer { [unowned self] in timeOut() }

  init(_ descriptor: Int32, peer: SocketAddress?, server: Server) {
    self.descriptor = descriptor
    self.peer = peer
    self.server = server
    limits = server.limits
    parser = RequestParser(limits: server.limits)
  }

  func start() throws(SystemError) {
    try Loop.watch(descriptor, for: interest, source: self)
    timer.schedule(after: limits.headTime)
  }

  package func ready(_ readiness: Readiness) {
    if readiness.contains(.writable) { flush() }
    guard phase != .closed else { return }
    if !readiness.isDisjoint(with: .broken), !readiness.contains(.readable) || hasEnded {
      close()
    } else if readiness.contains(.readable) {
      receive()
    }
  }

  /// Whether nothing is under way, so that closing loses nothing.
  var isIdle: Bool { phase == .head && unread.isEmpty && !parser.hasBegun }

  // MARK: - The end

  /// Closes at once: the exchange is told that its client is gone.
  package func close() {
    guard phase != .closed else { return }
    phase = .closed
    timer.cancel()
    Loop.unwatch(descriptor)
    Glibc.close(descriptor)
    server.forget(self)
    let exchange = exchange
    self.exchange = nil
    exchange?.abandoned()
  }

  /// Closes after an answer: a client that is still sending would otherwise get a reset and might
  /// never read it (RFC 9112 §9.6).
  func linger() {
    guard phase != .closed else { return }
    phase = .lingering
    shutdown(descriptor, Int32(SHUT_WR))
    if hasEnded {
      close()
    } else {
      unread = []
      listen(for: .readable)
      timer.schedule(after: .seconds(2))
    }
  }

  func listen(for wanted: Readiness) {
    guard wanted != interest, phase != .closed else { return }
    interest = wanted
    Loop.update(descriptor, for: wanted)
  }

  // MARK: - Time

  private func timeOut() {
    switch phase {
    case .closed:
      break
    case .lingering:
      close()
    case .head where isIdle:
      close()
    case .head:
      refuse(.headTimeout)
    case .body, .answering, .tunnel:
      timeOutExchange()
    }
  }

  private func timeOutExchange() {
    if !output.isEmpty {
      guard sentInWindow >= limits.slowReaderBytes else { return close() }
      sentInWindow = 0
      timer.schedule(after: limits.slowReaderTime)
    } else if hasEnded {
      close()
    } else if phase == .body, !isBodyPaused {
      let allowed = limits.bodyTime + .milliseconds(bodyBytes / 8)
      let deadline = phaseStart + allowed
      if deadline > .now { timer.schedule(at: deadline) } else { refuse(.bodyTimeout) }
    }
  }
}
