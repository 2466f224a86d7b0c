import Glibc
import Loop

extension ServerConnection {
  /// One buffer for what any connection receives: used up before the next is read.
  private static let scratch = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 65_536,
    alignment: 16
  )

  func receive() {
    if hasEnded { return listen(for: interest.subtracting(.readable)) }
    if phase == .answering, unread.count >= Self.scratch.count {
      return listen(for: interest.subtracting(.readable))
    }
    let count = recv(descriptor, Self.scratch.baseAddress, Self.scratch.count, 0)
    if count < 0 {
      if errno != EAGAIN, errno != EINTR { close() }
    } else if count == 0 {
      end()
    } else {
      take(UnsafeRawBufferPointer(rebasing: Self.scratch[..<count]))
    }
  }

  /// The client will send no more. An answer that is under way may still be wanted.
  private func end() {
    hasEnded = true
    switch phase {
    case .head where isIdle, .lingering, .closed:
      close()
    case .head, .body:
      refuse(.incomplete)
    case .answering:
      listen(for: interest.subtracting(.readable))
      if output.isEmpty { timer.schedule(after: limits.halfCloseTime) }
    case .tunnel:
      listen(for: interest.subtracting(.readable))
      exchange?.bodyEnded()
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    switch phase {
    case .head:
      if unread.isEmpty {
        process(bytes)
      } else {
        unread.append(contentsOf: bytes)
        processUnread()
      }
    case .body where unread.isEmpty:
      process(bytes)
    case .body, .answering:
      unread.append(contentsOf: bytes)
      if phase == .body { processUnread() }
    case .tunnel:
      exchange?.body(bytes)
    case .lingering, .closed:
      break
    }
  }

  /// Goes on with what has been received before.
  func processUnread() {
    guard !unread.isEmpty, !isDispatching else { return }
    let bytes = unread
    unread = []
    bytes.withUnsafeBytes { process($0) }
    refuseIfCutOff()
  }

  /// A request whose rest can't come any more.
  private func refuseIfCutOff() {
    guard hasEnded, phase == .head || (phase == .body && !isBodyPaused && !isFinishing) else {
      return
    }
    refuse(.incomplete)
  }

  /// Uses up what it can of `bytes` and keeps the rest for later.
  private func process(_ bytes: UnsafeRawBufferPointer) {
    isDispatching = true
    var offset = 0
    while offset < bytes.count || phase == .body {
      let before = (offset, phase)
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
      switch phase {
      case .head: offset += readHead(rest)
      case .body: offset += readBody(rest)
      case .tunnel:
        exchange?.body(rest)
        offset = bytes.count
      case .answering, .lingering, .closed: break
      }
      if before == (offset, phase) { break }
    }
    isDispatching = false
    if phase != .closed, phase != .lingering, offset < bytes.count {
      unread.insert(contentsOf: bytes[offset...], at: 0)
    }
  }

  private func readHead(_ bytes: UnsafeRawBufferPointer) -> Int {
    do {
      guard try parser.parse(bytes) else {
        if !isHeadTimed { timer.schedule(after: limits.headTime) }
        isHeadTimed = true
        return 0
      }
    } catch {
      refuse(error)
      return bytes.count
    }
    let head = parser.head
    beginBody(of: head)
    let headBytes = UnsafeRawBufferPointer(rebasing: bytes[..<head.length])
    let exchange = server.handler.begin(head, headBytes, on: self)
    if !isOpen {
      exchange.abandoned()
    } else if !isFinishing {
      self.exchange = exchange
    }
    return head.length
  }

  private func beginBody(of head: RequestHead) {
    mayKeepAlive = head.keepsAlive
    isFinishing = false
    isBodyPaused = false
    holdsBodyBack = head.expectsContinue && head.framing != .none
    bodyBytes = 0
    chunks = nil
    bodyLeft = 0
    phase = .body
    guard head.framing != .none else { return timer.cancel() }
    phaseStart = .now
    switch head.framing {
    case .none, .untilClose: timer.cancel()
    case .length(let length):
      bodyLeft = length
      timer.schedule(after: limits.bodyTime)
    case .chunked:
      chunks = ChunkedDecoder()
      timer.schedule(after: limits.bodyTime)
    }
  }

  private func readBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard !isBodyPaused else { return 0 }
    guard chunks != nil else {
      let count = min(bodyLeft, bytes.count)
      bodyLeft -= count
      bodyBytes += count
      if count > 0 { holdsBodyBack = false }
      let isLast = bodyLeft == 0
      if count > 0 { exchange?.body(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
      if isLast { endBody() }
      return count
    }
    var offset = 0
    do {
      while phase == .body, !isBodyPaused, let piece = try chunks?.next(bytes, from: &offset) {
        switch piece {
        case .data(let range):
          bodyBytes += range.count
          exchange?.body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        case .needsMore: return offset
        case .end:
          endBody()
          return offset
        }
      }
    } catch {
      refuse(error)
      return bytes.count
    }
    return offset
  }

  private func endBody() {
    guard phase == .body else { return }
    phase = .answering
    if output.isEmpty { timer.cancel() }
    if isFinishing {
      finishIfPossible()
    } else {
      exchange?.bodyEnded()
    }
  }

  /// Answers what can't be understood, and closes. An answer that has begun can only be cut off.
  func refuse(_ error: ProtocolError) {
    let exchange = exchange
    self.exchange = nil
    exchange?.abandoned()
    guard !isAnswerBegun else { return close() }
    mayKeepAlive = false
    phase = .answering
    server.handler.refuse(error, on: self)
    finish(keepsAlive: false)
  }

  // MARK: - For the exchange

  /// Asks the client for the body that it holds back (RFC 9110 §10.1.1).
  package func sendContinue() {
    guard phase == .body, holdsBodyBack else { return }
    holdsBodyBack = false
    let text: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
    transmit(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Takes no more of the body for now, so that its sender is slowed down.
  package func pauseBody() {
    guard phase == .body || phase == .tunnel, !isBodyPaused else { return }
    isBodyPaused = true
    listen(for: interest.subtracting(.readable))
  }

  package func resumeBody() {
    guard isBodyPaused, phase == .body || phase == .tunnel else { return }
    isBodyPaused = false
    if !hasEnded { listen(for: interest.union(.readable)) }
    if phase == .body {
      phaseStart = .now
      bodyBytes = 0
      timer.schedule(after: limits.bodyTime)
      processUnread()
    }
  }
}
