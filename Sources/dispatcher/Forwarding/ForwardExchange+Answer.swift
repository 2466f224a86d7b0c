import HTTP
import Loop

/// The answer's way to the client: what the service's connection tells.
extension ForwardExchange {
  /// A piece that is copied behind the head more cheaply than it is sent beside it.
  private static let copiedSize = 4_096

  /// The connection, which was being made, is there.
  func serviceConnected() {
    askedAt = .now
  }

  /// An answer that comes before the answer.
  func informed(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer) {
    if head.status == 100 {
      connection?.sendContinue()
    } else if request.minorVersion > 0 {
      ResponseRewriter.rewriteInformational(head, bytes, into: takeAnswer())
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
      into: takeAnswer()
    )
  }

  func answerBody(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    guard phase == .answering, let connection else { return }
    let piece = UnsafeRawBufferPointer(rebasing: bytes[range])
    bytesOut += piece.count
    if framing == .chunked {
      takeAnswer().append(chunk: piece)
    } else if let answer, piece.count <= Self.copiedSize {
      answer.append(piece)
    } else if let answer {
      self.answer = nil
      connection.write(answer.bytes, piece)
      forwarder.giveBack(answer)
    } else {
      connection.write(piece)
    }
  }

  /// Hands to the client what has been gathered of its answer.
  func flushAnswer() {
    guard let connection else { return }
    if let answer {
      self.answer = nil
      connection.write(answer.bytes)
      forwarder.giveBack(answer)
    }
    if connection.isCongested {
      link?.pause()
      noteSlow()
    }
  }

  /// The answer is complete.
  func completed() {
    guard phase == .answering else { return }
    if framing == .chunked { takeAnswer().append("0\r\n\r\n") }
    flushAnswer()
    // The client may have turned out to be gone.
    guard phase == .answering, let connection else { return }
    let keepsAlive = keepsAlive
    forwarder.finished(self)
    connection.finish(keepsAlive: keepsAlive)
  }

  private func takeAnswer() -> ByteBuffer {
    if let answer { return answer }
    let buffer = forwarder.takeBuffer()
    answer = buffer
    return buffer
  }

  // MARK: - The tunnel

  /// The service has agreed to another protocol.
  func upgraded(_ head: ResponseHead, _ bytes: UnsafeRawBufferPointer) {
    guard let connection else { return }
    status = head.status
    answeredAt = .now
    beginTunnel()
    forwarder.tunnels[ObjectIdentifier(connection)] = connection
    ResponseRewriter.rewriteInformational(head, bytes, into: takeAnswer())
    flushAnswer()
    if phase == .tunnel { connection.becomeTunnel() }
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
