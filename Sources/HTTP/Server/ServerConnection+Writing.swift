import Glibc
import Loop

extension ServerConnection {
  /// Whether the answer to the request under way has begun.
  package var hasAnswered: Bool { isAnswerBegun }

  /// Whether so much waits for a slow reader that its sender should pause until
  /// ``Exchange/drained()``.
  package var isCongested: Bool { output.count > limits.highWater }

  /// Whether the connection will be kept after this answer, if the answer lets it: what the
  /// answer's Connection field has to say.
  package var keepsAlive: Bool {
    mayKeepAlive && !server.isDraining && (!hasEnded || !unread.isEmpty)
      && (phase == .answering || canSkipBody)
  }

  /// Whether the rest of the body is so short, and so surely on its way, that reading it is better
  /// than closing.
  private var canSkipBody: Bool {
    phase == .body && chunks == nil && bodyLeft <= 65_536 && !holdsBodyBack
  }

  package var isOpen: Bool { phase != .closed && phase != .lingering }

  /// Sends a part of the answer: at once as far as the socket takes it.
  package func write(_ bytes: UnsafeRawBufferPointer) {
    isAnswerBegun = true
    transmit(bytes)
  }

  /// Sends two parts, such as a head and a body, in one system call.
  package func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
    isAnswerBegun = true
    guard isOpen else { return }
    guard output.isEmpty else {
      output.append(first)
      output.append(second)
      return
    }
    let sent = Self.send(first, second, to: descriptor)
    guard let sent else { return close() }
    if sent < first.count {
      wait(for: UnsafeRawBufferPointer(rebasing: first[sent...]), second)
    } else if sent < first.count + second.count {
      wait(for: UnsafeRawBufferPointer(rebasing: second[(sent - first.count)...]))
    }
  }

  /// Ends the answer: the next request is read, or the connection closes.
  ///
  /// - Parameter keepsAlive: false when the answer said so or has no end of its own.
  package func finish(keepsAlive: Bool = true) {
    guard isOpen else { return }
    mayKeepAlive = mayKeepAlive && keepsAlive
    isFinishing = true
    exchange = nil
    if canSkipBody { resumeBody() }
    finishIfPossible()
  }

  /// Hands both directions to the exchange, after an answer such as 101.
  package func becomeTunnel() {
    guard phase == .answering else { return }
    phase = .tunnel
    timer.cancel()
    if !isDispatching, !unread.isEmpty {
      let bytes = unread
      unread = []
      bytes.withUnsafeBytes { exchange?.body($0) }
    }
  }

  func transmit(_ bytes: UnsafeRawBufferPointer) {
    guard isOpen, !bytes.isEmpty else { return }
    guard output.isEmpty else { return output.append(bytes) }
    let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    if sent < 0 {
      guard errno == EAGAIN || errno == EINTR else { return close() }
      wait(for: bytes)
    } else if sent < bytes.count {
      wait(for: UnsafeRawBufferPointer(rebasing: bytes[sent...]))
    }
  }

  func flush() {
    let before = output.count
    guard let sent = output.send(to: descriptor) else { return close() }
    sentInWindow += sent
    if output.isEmpty {
      listen(for: interest.subtracting(.writable))
      timer.cancel()
      if hasEnded { timer.schedule(after: limits.halfCloseTime) }
      if phase == .body, !isBodyPaused { timer.schedule(after: limits.bodyTime) }
      if isFinishing { return finishIfPossible() }
    }
    if output.isEmpty || (before > limits.highWater && !isCongested) { exchange?.drained() }
  }

  /// Called whenever something that the end of an answer waits for has happened.
  func finishIfPossible() {
    guard isFinishing, isOpen, output.isEmpty, !(mayKeepAlive && canSkipBody) else { return }
    let isComplete = phase == .answering
    guard isComplete, keepsAlive else { return linger() }
    isFinishing = false
    isAnswerBegun = false
    phase = .head
    parser.reset()
    listen(for: hasEnded ? [] : .readable)
    isHeadTimed = !unread.isEmpty
    timer.schedule(after: unread.isEmpty ? limits.idleTime : limits.headTime)
    processUnread()
  }

  private func wait(for bytes: UnsafeRawBufferPointer, _ more: UnsafeRawBufferPointer? = nil) {
    output.append(bytes)
    if let more { output.append(more) }
    sentInWindow = 0
    timer.schedule(after: limits.slowReaderTime)
    listen(for: interest.union(.writable))
  }

  /// - Returns: how many bytes have left; nil when the connection is broken.
  private nonisolated static func send(
    _ first: UnsafeRawBufferPointer,
    _ second: UnsafeRawBufferPointer,
    to descriptor: Int32
  ) -> Int? {
    var parts = (
      iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
      iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
    )
    let sent = withUnsafeMutablePointer(to: &parts) { parts in
      parts.withMemoryRebound(to: iovec.self, capacity: 2) { parts in
        var message = msghdr()
        message.msg_iov = parts
        message.msg_iovlen = 2
        return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
      }
    }
    if sent < 0 { return errno == EAGAIN || errno == EINTR ? 0 : nil }
    return sent
  }
}
