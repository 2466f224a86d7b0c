package import Loop

/// A request's body as it arrives. What nobody has asked for yet is held up to 64 KiB; then the
/// client is slowed down.
@Loop
package final class RequestBody {
  private static let unaskedLimit = 65_536

  /// The length that the head announced; nil when it is chunked.
  package let announcedLength: Int?
  /// Until the body is complete: it would be kept alive by its own exchange.
  private var connection: ServerConnection?
  private var buffer: [UInt8] = []
  private var limit = unaskedLimit
  private var isAsked = false
  private var isComplete = false
  private var isTooLarge = false
  private var isAbandoned = false
  private var waiting: UnsafeContinuation<Void, Never>?

  init(_ framing: Framing, _ connection: ServerConnection) {
    switch framing {
    case .length(let length): announcedLength = length
    case .none: announcedLength = 0
    case .chunked, .untilClose: announcedLength = nil
    }
    self.connection = framing == .none ? nil : connection
  }

  /// The whole body.
  ///
  /// - Throws: ``ProtocolError/bodyTooLarge`` once it is, or announces to be, longer than `limit`
  ///   bytes; `CancellationError` when the client has gone.
  package func collect(upTo limit: Int) async throws -> [UInt8] {
    if let announcedLength, announcedLength > limit { throw ProtocolError.bodyTooLarge }
    self.limit = limit
    isAsked = true
    isTooLarge = buffer.count > limit
    if !isComplete, !isTooLarge, !isAbandoned {
      connection?.sendContinue()
      connection?.resumeBody()
      await withUnsafeContinuation { waiting = $0 }
    }
    if isTooLarge { throw ProtocolError.bodyTooLarge }
    guard isComplete else { throw CancellationError() }
    defer { buffer = [] }
    return buffer
  }

  /// The whole body if it has arrived already, and is not longer than `limit` bytes.
  package func arrived(upTo limit: Int) -> [UInt8]? {
    guard isComplete, buffer.count <= limit else { return nil }
    defer { buffer = [] }
    return buffer
  }

  func receive(_ bytes: UnsafeRawBufferPointer) {
    guard !isTooLarge else { return }
    buffer.append(contentsOf: bytes)
    guard buffer.count > limit else { return }
    if isAsked {
      isTooLarge = true
      buffer = []
      wake()
    } else {
      connection?.pauseBody()
    }
  }

  func complete() {
    isComplete = true
    connection = nil
    wake()
  }

  func abandon() {
    isAbandoned = true
    connection = nil
    wake()
  }

  private func wake() {
    let waiting = waiting
    self.waiting = nil
    waiting?.resume()
  }
}
