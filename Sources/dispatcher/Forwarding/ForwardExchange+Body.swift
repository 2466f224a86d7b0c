import HTTP
import Loop

/// The request's way to the service.
extension ForwardExchange {
  /// The longest body that is waited for before the service is troubled; what is longer passes
  /// through as it comes, in one of the places for that.
  private static let gatherLimit = 16_384
  /// Pieces of a body are sent together, up to so many bytes.
  private static let sendLimit = 65_536
  /// A piece that is not worth copying to be sent with others.
  private static let directSize = 4_096

  /// Whether the service's connection has been given all of it.
  var isRequestComplete: Bool {
    isBodyComplete && pending == nil && (bodyFraming != .chunked || isEndSent)
  }

  func body(_ bytes: UnsafeRawBufferPointer) {
    if phase == .tunnel { return sendThroughTunnel(bytes) }
    bodyBytes += bytes.count
    guard bodyBytes <= forwarder.limits.body else { return tooLarge() }
    switch phase {
    case .gathering:
      append(bytes)
      if bodyBytes > Self.gatherLimit { upstream?.uploads.admit(self) }
    case .queued: append(bytes)
    case .asked, .answering: pass(bytes)
    case .idle, .local, .tunnel, .over: break
    }
  }

  func bodyEnded() {
    if phase == .tunnel {
      link?.endSending()
      return
    }
    isBodyComplete = true
    switch phase {
    case .gathering: upstream?.quick.admit(self)
    case .asked, .answering: sendPending()
    case .idle, .local, .queued, .tunnel, .over: break
    }
  }

  /// Sends the head with what there is of the body, or what another connection could not send.
  func sendRequest() {
    guard unsent.isEmpty else {
      let unsent = unsent
      self.unsent = SendQueue()
      unsent.withBytes { send($0) }
      return sendPending()
    }
    guard let part = takePart() else { return send(request.bytes.bytes) }
    if let link, !link.send(request.bytes.bytes, part.bytes) {
      unsent.append(request.bytes.bytes)
      unsent.append(part.bytes)
      linkBroke()
    }
    forwarder.giveBack(part)
  }

  /// Sends what there is of the body.
  func sendPending() {
    isFlushDue = false
    guard phase == .asked || phase == .answering, let part = takePart() else { return }
    send(part.bytes)
    forwarder.giveBack(part)
  }

  /// The service takes more again.
  func serviceCaughtUp() {
    connection?.resumeBody()
  }

  /// Sends a piece now when it is large, at the end of the turn with its neighbours when it is not.
  private func pass(_ bytes: UnsafeRawBufferPointer) {
    if pending == nil, bodyFraming != .chunked, bytes.count >= Self.directSize {
      send(bytes)
    } else {
      append(bytes)
      if let pending, pending.count >= Self.sendLimit {
        sendPending()
      } else if !isFlushDue {
        isFlushDue = true
        forwarder.flushLater(self)
      }
    }
    if link?.isCongested == true { connection?.pauseBody() }
  }

  private func append(_ bytes: UnsafeRawBufferPointer) {
    let buffer = pending ?? forwarder.takeBuffer()
    buffer.append(bytes)
    pending = buffer
  }

  /// What is ready to be sent of the body, as the head announced it.
  private func takePart() -> ByteBuffer? {
    guard bodyFraming == .chunked else {
      defer { pending = nil }
      return pending
    }
    let endsNow = isBodyComplete && !isEndSent
    guard pending != nil || endsNow else { return nil }
    let part = forwarder.takeBuffer()
    if let pending {
      part.append(chunk: pending.bytes)
      forwarder.giveBack(pending)
      self.pending = nil
    }
    if endsNow { part.append("0\r\n\r\n") }
    isEndSent = isBodyComplete
    return part
  }

  private func send(_ bytes: UnsafeRawBufferPointer) {
    guard let link, !link.send(bytes) else { return }
    unsent.append(bytes)
    linkBroke()
  }

  private func linkBroke() {
    guard let link else { return }
    let unsent = unsent
    self.unsent = SendQueue()
    link.close()
    failed(.broken, sent: link.sent, unsent: unsent)
  }

  private func tooLarge() {
    dropLink()
    switch phase {
    case .answering: connection?.close()
    case .queued:
      upstream?.leave(self)
      forwarder.fail(self, .tooLarge)
    case .gathering, .asked: forwarder.fail(self, .tooLarge)
    case .idle, .local, .tunnel, .over: break
    }
  }

  private func sendThroughTunnel(_ bytes: UnsafeRawBufferPointer) {
    touchTunnel()
    send(bytes)
    if link?.isCongested == true { connection?.pauseBody() }
  }
}
