import Glibc
import HTTP
import Loop

/// One connection to a service: carries requests one after the other and waits in the service's pool
/// in between.
@Loop
final class UpstreamConnection: EventSource {
  enum Phase {
    case connecting, idle, head, tunnel, closed
    case body(left: Int)
    case chunks(ChunkedDecoder)
    case untilClose
  }

  /// How long a service may take to accept.
  private static let connectLimit = Duration.seconds(2)

  /// One buffer for what any connection receives: used up before the next is read.
  static let scratch = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 65_536,
    alignment: 16
  )

  /// The events after which there is something to read, if only the end.
  private static let input = Readiness.readable.rawValue | Readiness.broken.rawValue

  let target: UpstreamTarget
  /// Held until the connection closes: the service may be removed before.
  private let upstream: Upstream
  let descriptor: Int32
  var phase: Phase
  var exchange: ForwardExchange?
  var parser: ResponseParser
  /// A head that has not arrived whole.
  var partial: [UInt8] = []
  private var output = SendQueue()
  private var interest: Readiness
  private var isPaused = false
  private var isWatched = false
  private var endsAfterOutput = false
  /// Whether it has carried a request before, so that it may have been closed meanwhile.
  private(set) var isReused = false
  /// How much of the request under way has left.
  private(set) var sent = 0
  private(set) var idleSince = Instant(nanoseconds: 0)
  private lazy var connectTimer = LoopTimer { [weak self] in self?.fail(.unreachable) }

  /// Starts to connect.
  ///
  /// - Throws: ``SystemError``; a Unix socket's at once.
  init(to target: UpstreamTarget, of upstream: Upstream, limits: Limits) throws(SystemError) {
    self.target = target
    self.upstream = upstream
    parser = ResponseParser(limits: limits)
    descriptor = try Socket.connect(to: target.address)
    if case .unix = target.address.kind {
      (phase, interest) = (.idle, .readable)
    } else {
      (phase, interest) = (.connecting, [.readable, .writable])
    }
    do {
      try Loop.watch(descriptor, for: interest, source: self)
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    isWatched = true
    if case .connecting = phase { connectTimer.schedule(after: Self.connectLimit) }
  }

  var isConnected: Bool {
    if case .connecting = phase { false } else { isOpen }
  }

  private var isOpen: Bool {
    if case .closed = phase { false } else { true }
  }

  /// Whether more waits for the service than should.
  var isCongested: Bool { output.count > 256 * 1024 }

  // MARK: - Sending

  /// Begins to carry a request. Its bytes are sent by ``send(_:)``.
  func begin(_ exchange: ForwardExchange) {
    self.exchange = exchange
    sent = 0
    if case .connecting = phase { return }
    phase = .head
  }

  /// - Returns: false when the connection is broken; the exchange is told nothing in this case.
  func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard isConnected, output.isEmpty else {
      output.append(bytes)
      return true
    }
    guard let count = SendQueue.send(bytes, to: descriptor) else { return false }
    sent += count
    if count < bytes.count {
      output.append(UnsafeRawBufferPointer(rebasing: bytes[count...]))
      listen(for: interest.union(.writable))
    }
    return true
  }

  /// Sends two stretches in one system call.
  func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Bool {
    guard isConnected, output.isEmpty else {
      output.append(first)
      output.append(second)
      return true
    }
    guard let count = SendQueue.send(first, second, to: descriptor) else { return false }
    sent += count
    guard count < first.count + second.count else { return true }
    if count < first.count {
      output.append(UnsafeRawBufferPointer(rebasing: first[count...]))
    }
    let taken = max(0, count - first.count)
    output.append(UnsafeRawBufferPointer(rebasing: second[taken...]))
    listen(for: interest.union(.writable))
    return true
  }

  /// Takes back what the service has not been sent: the whole request, when nothing of it was.
  func takeUnsent() -> SendQueue {
    defer { output = SendQueue() }
    return output
  }

  /// Closes the sending side when all has been sent.
  func endSending() {
    endsAfterOutput = true
    if output.isEmpty { shutdown(descriptor, Int32(SHUT_WR)) }
  }

  private func flush() {
    guard !output.isEmpty else { return listen(for: interest.subtracting(.writable)) }
    let wasCongested = isCongested
    guard let count = output.send(to: descriptor) else { return fail(.broken) }
    sent += count
    if output.isEmpty {
      listen(for: interest.subtracting(.writable))
      if endsAfterOutput { shutdown(descriptor, Int32(SHUT_WR)) }
    }
    if wasCongested, !isCongested { exchange?.serviceCaughtUp() }
  }

  // MARK: - Receiving

  /// Reads no more for now, so that the service is slowed down to its client's pace.
  func pause() {
    isPaused = true
    listen(for: interest.subtracting(.readable))
  }

  func resume() {
    guard isPaused, isOpen else { return }
    isPaused = false
    if !isWatched {
      isWatched = (try? Loop.watch(descriptor, for: interest, source: self)) != nil
      if !isWatched { return fail(.broken) }
    }
    listen(for: interest.union(.readable))
  }

  func ready(_ readiness: Readiness) {
    if case .connecting = phase, !hasConnected(readiness) { return }
    if readiness.contains(.writable) { flush() }
    guard isOpen, readiness.rawValue & Self.input != 0 else { return }
    if isPaused {
      // It would be reported again and again until what it has sent is read.
      Loop.unwatch(descriptor)
      isWatched = false
    } else {
      receive()
    }
  }

  private func hasConnected(_ readiness: Readiness) -> Bool {
    guard !readiness.isDisjoint(with: [.writable, .broken]) else { return false }
    guard Socket.error(of: descriptor) == 0 else {
      fail(.unreachable)
      return false
    }
    connectTimer.cancel()
    phase = exchange == nil ? .idle : .head
    exchange?.serviceConnected()
    return isOpen
  }

  // MARK: - Ends

  /// The answer is complete: the connection goes back to the pool if it can serve again.
  func complete(isReusable: Bool) {
    guard isOpen, let exchange else { return }
    let keeps = isReusable && parser.head.keepsAlive && output.isEmpty && exchange.isRequestComplete
    self.exchange = nil
    if keeps {
      phase = .idle
      isReused = true
      parser.reset()
      if isPaused { resume() }
    } else {
      close()
    }
    exchange.completed()
  }

  /// Ready for the pool.
  var isIdle: Bool {
    if case .idle = phase { isOpen && exchange == nil } else { false }
  }

  func noteIdle(since now: Instant) {
    idleSince = now
  }

  /// Closes it; an exchange on it is told nothing.
  func close() {
    guard isOpen else { return }
    phase = .closed
    exchange = nil
    connectTimer.cancel()
    if isWatched { Loop.unwatch(descriptor) }
    Glibc.close(descriptor)
    upstream.forget(self)
  }

  func fail(_ failure: UpstreamFailure) {
    guard isOpen else { return }
    let exchange = exchange
    let unsent = sent == 0 ? takeUnsent() : SendQueue()
    close()
    exchange?.failed(failure, sent: sent, unsent: unsent)
  }

  private func listen(for wanted: Readiness) {
    guard wanted != interest, isOpen else { return }
    interest = wanted
    if isWatched { Loop.update(descriptor, for: wanted) }
  }
}

/// Why a service's connection gave no answer.
enum UpstreamFailure {
  case unreachable, broken, malformed
}
