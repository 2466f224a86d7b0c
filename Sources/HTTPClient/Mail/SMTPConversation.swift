import CCurl
import Glibc
import Loop

/// A mail on its way, and what the server says to it.
final class SMTPConversation: Conversation {
  /// The most bytes of a server's replies.
  private static let replyLimit = 64 << 10

  let length: Int
  /// RFC 3463, of the last reply that says no; nil when it had none.
  private(set) var enhancedStatus: String?
  /// The server waits for the message, or has some of it.
  var hasBegun: Bool { position > 0 }

  private let message: [UInt8]
  private let onlyLoopback: Bool
  private var position = 0
  private var replySize = 0
  private var sockets: Set<Int32> = []

  /// - Parameter onlyLoopback: a password will go in the clear.
  init(_ message: [UInt8], onlyLoopback: Bool) {
    self.message = message
    length = message.count
    self.onlyLoopback = onlyLoopback
  }

  /// The end of a connection is said to the server, but its answer not waited for.
  func stopReading() {
    for descriptor in sockets { shutdown(descriptor, Int32(SHUT_RD)) }
  }

  // MARK: - What libcurl calls

  override func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, message.count - position)
    buffer.copyBytes(from: message[position..<position + count])
    position += count
    return count
  }

  override func hear(line: UnsafeRawBufferPointer) -> Bool {
    replySize += line.count
    guard replySize <= Self.replyLimit else { return false }
    let words = line.split(separator: 0x20, maxSplits: 2).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard let code = words.first.flatMap({ Int($0.prefix(3)) }), code >= 400 else { return true }
    enhancedStatus = words.count > 1 && words[1].isEnhancedStatus(of: code) ? words[1] : nil
    return true
  }

  override func permits(_ address: SocketAddress?) -> Bool {
    !onlyLoopback || address?.isLoopback == true
  }

  override func opened(_ descriptor: curl_socket_t) { sockets.insert(descriptor) }

  override func close(_ descriptor: curl_socket_t) -> Int32 {
    sockets.remove(descriptor)
    return super.close(descriptor)
  }
}

extension String {
  /// `5.1.1`, its first digit that of the reply's code.
  fileprivate func isEnhancedStatus(of code: Int) -> Bool {
    let parts = split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3 && parts[0] == String(code / 100)
      && parts.allSatisfy {
        (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { 48...57 ~= $0 }
      }
  }
}
