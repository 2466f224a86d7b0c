import HTTP
import Loop

/// What the service's connection tells.
extension ForwardExchange {
  /// The connection, which was being made, is there.
  func serviceConnected() {
    askedAt = .now
  }

  /// An answer that comes before the answer.
  func informed(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer) {
    if head.status == 100 {
      connection?.sendContinue()
    } else if request.minorVersion > 0 {
      ResponseRewriter.rewriteInformational(head, bytes, into: &forwarder.output)
      flushAnswer()
    }
  }

  func answered(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer) {
    guard let connection, phase == .asked else { return }
    phase = .answering
    answeredAt = .now
    status = head.status
    framing =
      switch head.framing {
      case .none: .asLong(nil)
      case .length(let length): .asLong(length)
      case .chunked, .untilClose: request.minorVersion > 0 ? .chunked : .untilClose
      }
    keepsAlive = connection.keepsAlive && framing != .untilClose
    ResponseRewriter.rewrite(
      head,
      bytes,
      framing: framing,
      keepsAlive: keepsAlive,
      for: request,
      common: forwarder.commonFields(for: request),
      into: &forwarder.output
    )
  }

  func answerBody(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    guard phase == .answering else { return }
    let piece = UnsafeRawBufferPointer(rebasing: bytes[range])
    bytesOut += piece.count
    if framing == .chunked {
      forwarder.output.append(chunk: piece)
    } else if let connection {
      forwarder.writeOutput(to: connection, piece)
    }
  }

  /// Hands to the client what has been gathered of its answer.
  func flushAnswer() {
    guard let connection else { return }
    forwarder.writeOutput(to: connection)
    if connection.isCongested { link?.pause() }
  }

  /// The answer is complete.
  func completed() {
    guard phase == .answering else { return }
    if framing == .chunked { forwarder.output.append(text: "0\r\n\r\n") }
    flushAnswer()
    // The client may have turned out to be gone.
    guard phase == .answering, let connection else { return }
    let keepsAlive = keepsAlive
    forwarder.finished(self)
    connection.finish(keepsAlive: keepsAlive)
  }

  // MARK: - The tunnel

  /// The service has agreed to another protocol.
  func upgraded(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer) {
    guard let connection else { return }
    phase = .tunnel
    status = head.status
    answeredAt = .now
    // A tunnel may stay for days and is no work under way.
    releasePlace()
    forwarder.tunnels[ObjectIdentifier(connection)] = connection
    ResponseRewriter.rewriteInformational(head, bytes, into: &forwarder.output)
    flushAnswer()
    guard phase == .tunnel else { return }
    touchTunnel()
    connection.becomeTunnel()
  }

  func tunnelled(_ bytes: UnsafeRawBufferPointer) {
    guard phase == .tunnel, let connection else { return }
    touchTunnel()
    bytesOut += bytes.count
    connection.write(bytes)
    if connection.isCongested { link?.pause() }
  }

  /// The service has closed the tunnel.
  func tunnelEnded() {
    guard phase == .tunnel, let connection else { return }
    forwarder.finished(self)
    connection.finish(keepsAlive: false)
  }
}
