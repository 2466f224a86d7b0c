import CCurl
import Glibc
import Loop

/// What libcurl asks for and hears while it sends a mail: reached by a pointer, on one thread.
final class SMTPConversation {
  /// The most bytes of a server's replies.
  private static let replyLimit = 64 << 10

  let length: Int
  /// RFC 3463, of the last reply that says no; nil when it had none.
  private(set) var enhancedStatus: String?
  /// An address of the host is excluded.
  private(set) var wasForbidden = false
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

  func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, message.count - position)
    buffer.copyBytes(from: message[position..<position + count])
    position += count
    return count
  }

  /// - Returns: false to give up.
  func hear(_ line: UnsafeRawBufferPointer) -> Bool {
    replySize += line.count
    guard replySize <= Self.replyLimit else { return false }
    let words = line.split(separator: 0x20, maxSplits: 2).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard let code = words.first.flatMap({ Int($0.prefix(3)) }), code >= 400 else { return true }
    enhancedStatus = words.count > 1 && words[1].isEnhancedStatus(of: code) ? words[1] : nil
    return true
  }

  func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    guard !onlyLoopback || SocketAddress(address)?.isLoopback == true else {
      wasForbidden = true
      return CURL_SOCKET_BAD
    }
    let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.pointee.family, type, address.pointee.protocol)
    if descriptor >= 0 { sockets.insert(descriptor) }
    return descriptor
  }

  func close(_ descriptor: curl_socket_t) -> Int32 {
    sockets.remove(descriptor)
    return Glibc.close(descriptor)
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

func messageNeeded(
  _ buffer: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let space = UnsafeMutableRawBufferPointer(start: buffer, count: size * count)
  return SMTPConversation.at(context).take(into: space)
}

func replyArrived(
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  let isWanted = SMTPConversation.at(context).hear(line)
  return isWanted ? line.count : 0
}

func mailSocketNeeded(
  _ context: UnsafeMutableRawPointer?,
  _ purpose: curlsocktype,
  _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let context, let address else { return CURL_SOCKET_BAD }
  return SMTPConversation.at(context).open(address)
}

func mailSocketLeft(_ context: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t) -> Int32 {
  guard let context else { return Glibc.close(descriptor) }
  return SMTPConversation.at(context).close(descriptor)
}

extension SMTPConversation {
  fileprivate static func at(_ context: UnsafeMutableRawPointer) -> SMTPConversation {
    Unmanaged<SMTPConversation>.fromOpaque(context).takeUnretainedValue()
  }
}
