import Glibc
import Loop

/// A small GET outside the traffic: health and metrics of the services.
///
/// It speaks HTTP/1.0, so that the answer is neither chunked nor followed by another: it ends where
/// the connection does.
@Loop
final class Probe: EventSource {
  struct Answer: Sendable {
    var status: Int
    var body: [UInt8]
  }

  /// The most that is read of an answer.
  private static let limit = 4 << 20

  private let descriptor: Int32
  private let continuation: CheckedContinuation<Answer?, Never>
  private var request: [UInt8]
  private var received: [UInt8] = []
  private var isOpen = true
  private lazy var deadline = LoopTimer { [unowned self] in finish(nil) }

  /// - Returns: nil when there was no complete answer within `limit`.
  static func get(
    _ path: String,
    from address: SocketAddress,
    within limit: Duration
  ) async -> Answer? {
    await withCheckedContinuation { continuation in
      do {
        let descriptor = try Socket.connect(to: address)
        let probe = Probe(descriptor, path, continuation)
        do {
          try Loop.watch(descriptor, for: [.readable, .writable], source: probe)
          probe.deadline.schedule(after: limit)
        } catch {
          probe.finish(nil)
        }
      } catch {
        continuation.resume(returning: nil)
      }
    }
  }

  private init(
    _ descriptor: Int32,
    _ path: String,
    _ continuation: CheckedContinuation<Answer?, Never>
  ) {
    self.descriptor = descriptor
    self.continuation = continuation
    request = Array("GET \(path) HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
  }

  func ready(_ readiness: Readiness) {
    if !request.isEmpty {
      let count = request.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count >= 0 else { return errno == EAGAIN ? () : finish(nil) }
      request.removeFirst(count)
      if request.isEmpty { Loop.update(descriptor, for: .readable) }
    }
    if !readiness.isDisjoint(with: [.readable, .broken]) { receive() }
  }

  private func receive() {
    let count = withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 1) { buffer in
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count > 0 { received.append(contentsOf: buffer[..<count]) }
      return count
    }
    if count == 0 {
      finish(Self.parse(received))
    } else if count < 0, errno != EAGAIN {
      finish(nil)
    } else if received.count > Self.limit {
      finish(nil)
    }
  }

  private func finish(_ answer: Answer?) {
    guard isOpen else { return }
    isOpen = false
    deadline.cancel()
    Loop.unwatch(descriptor)
    close(descriptor)
    continuation.resume(returning: answer)
  }

  /// `HTTP/1.1 200 …`, fields that do not matter, an empty line, the body.
  private static func parse(_ bytes: [UInt8]) -> Answer? {
    guard bytes.starts(with: "HTTP/1.".utf8), bytes.count > 12,
      let status = Int(String(decoding: bytes[9..<12], as: UTF8.self))
    else { return nil }
    var line = 0
    while let end = bytes[line...].firstIndex(of: UInt8(ascii: "\n")) {
      if bytes[line..<end].allSatisfy({ $0 == UInt8(ascii: "\r") }) {
        return Answer(status: status, body: Array(bytes[(end + 1)...]))
      }
      line = end + 1
    }
    return nil
  }
}
