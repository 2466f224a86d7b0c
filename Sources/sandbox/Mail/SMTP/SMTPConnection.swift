import Glibc
import Loop

/// One client's connection to the mail server.
@Loop
final class SMTPConnection: EventSource {
  /// Unsent replies, from which on no more commands are read.
  private static let outputLimit = 64 << 10

  private let descriptor: Int32
  private let delegate: Receiver
  private let limits: SMTPLimits
  private let closed: @Loop (SMTPConnection) -> Void
  private var session: SMTPSession
  private var output: [UInt8] = []
  private var isOpen = true
  private var isReading = true
  private var buffer = [UInt8](repeating: 0, count: 16 << 10)
  private lazy var deadline = LoopTimer { [weak self] in self?.expire() }

  /// Whom the sessions of a server ask and tell.
  @Loop
  final class Receiver: SMTPSession.Delegate {
    private let take: @Loop (Set<Fault.Mode>) -> Fault?
    private let deliver: @Loop ([UInt8], SMTPSession.Envelope) -> Void

    init(
      take: @escaping @Loop (Set<Fault.Mode>) -> Fault?,
      deliver: @escaping @Loop ([UInt8], SMTPSession.Envelope) -> Void
    ) {
      self.take = take
      self.deliver = deliver
    }

    func fault(among modes: Set<Fault.Mode>) -> Fault? { take(modes) }

    func accept(_ message: [UInt8], _ envelope: SMTPSession.Envelope) {
      deliver(message, envelope)
    }
  }

  /// Takes the descriptor over.
  init(
    _ descriptor: Int32,
    _ limits: SMTPLimits,
    _ delegate: Receiver,
    closed: @escaping @Loop (SMTPConnection) -> Void
  ) {
    self.descriptor = descriptor
    self.limits = limits
    self.delegate = delegate
    self.closed = closed
    session = SMTPSession(limits)
  }

  func start() {
    do throws(SystemError) {
      try Loop.watch(descriptor, for: .readable, source: self)
    } catch {
      Glibc.close(descriptor)
      isOpen = false
      return closed(self)
    }
    deadline.schedule(after: limits.commandTime)
    flush()
  }

  func ready(_ readiness: Readiness) {
    if readiness.contains(.writable) { flush() }
    if isOpen, isReading || !readiness.isDisjoint(with: .broken) { read() }
  }

  func close() {
    guard isOpen else { return }
    isOpen = false
    deadline.cancel()
    Loop.unwatch(descriptor)
    Glibc.close(descriptor)
    closed(self)
  }

  private func read() {
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return close() }
    let wasInMessage = session.isInMessage
    let wasHanging = session.isHanging
    session.receive(buffer[..<count], delegate)
    if session.isHanging {
      if !wasHanging { deadline.schedule(after: limits.hangTime) }
    } else if session.isInMessage {
      // A message has its time as a whole, however it trickles in.
      if !wasInMessage { deadline.schedule(after: limits.messageTime) }
    } else if !session.output.isEmpty {
      deadline.schedule(after: limits.commandTime)
    }
    flush()
  }

  private func expire() {
    if session.isHanging { return close() }
    session.expire()
    flush()
    close()
  }

  private func flush() {
    output += session.takeOutput()
    while !output.isEmpty {
      let count = send(descriptor, output, output.count, Int32(MSG_NOSIGNAL))
      if count < 0, errno == EINTR { continue }
      if count < 0, errno != EAGAIN { return close() }
      guard count > 0 else { break }
      output.removeFirst(count)
    }
    if session.isClosed, output.isEmpty { return close() }
    isReading = output.count < Self.outputLimit && !session.isClosed
    var interest: Readiness = isReading ? .readable : []
    if !output.isEmpty { interest.insert(.writable) }
    Loop.update(descriptor, for: interest)
  }
}
