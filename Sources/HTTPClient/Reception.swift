import CCurl
import Glibc
import Loop

/// What comes of a request's answer, and what libcurl asks on the way. Its callbacks reach it by a
/// pointer, on the loop's thread alone; the transfer that owns it outlives them.
final class Reception {
  private(set) var headers = HeaderFields()
  private(set) var body: [UInt8] = []
  /// The answer was given up because it exceeds a limit.
  private(set) var isTooLarge = false
  /// An address of the host is excluded by the policy.
  private(set) var wasForbidden = false
  /// The process has no descriptor left for a socket.
  private(set) var isExhausted = false

  private let request: ClientRequest
  private let isPublic: @Sendable (SocketAddress) -> Bool
  private let isPlain: Bool
  private var headSize = 0
  private var isHeadComplete = false
  private var sends = 0

  /// - Parameter isPlain: whether the request goes out without TLS.
  init(
    of request: ClientRequest,
    isPlain: Bool,
    isPublic: @escaping @Sendable (SocketAddress) -> Bool
  ) {
    self.request = request
    self.isPlain = isPlain
    self.isPublic = isPublic
  }

  /// - Returns: false to give the transfer up.
  func receive(header line: UnsafeRawBufferPointer) -> Bool {
    headSize += line.count
    guard headSize <= request.limits.head else {
      isTooLarge = true
      return false
    }
    let text = String(decoding: line, as: UTF8.self)
    if isHeadComplete {
      // After an interim answer comes another; after the body come trailers, which nobody needs.
      guard body.isEmpty, text.hasPrefix("HTTP/") else { return true }
      isHeadComplete = false
      headers = HeaderFields()
    }
    isHeadComplete = text == "\r\n"
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return true }
    let value = text[text.utf8.index(after: colon)...]
    headers.append(String(text[..<colon]), value.trimmed)
    return true
  }

  /// - Returns: false to give the transfer up.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= request.limits.body else {
      isTooLarge = true
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  /// - Returns: a socket for `address`, or `CURL_SOCKET_BAD` when the policy excludes it.
  func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    guard let target = SocketAddress(address),
      request.addresses.permits(target, isPlain: isPlain, isPublic: isPublic)
    else {
      wasForbidden = true
      return CURL_SOCKET_BAD
    }
    let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.pointee.family, type, address.pointee.protocol)
    isExhausted = descriptor < 0 && errno != EAFNOSUPPORT
    return descriptor
  }

  /// Asked before the request is sent, and again when libcurl would repeat it because a connection
  /// that was kept alive broke.
  func permitSending() -> Bool {
    sends += 1
    return sends == 1 || request.mayRepeat
  }
}

extension Substring {
  /// Without the blanks and the line's end around it.
  fileprivate var trimmed: String {
    let bytes = utf8
    guard let first = bytes.firstIndex(where: { $0 > 0x20 }),
      let last = bytes.lastIndex(where: { $0 > 0x20 })
    else { return "" }
    return String(self[first...last])
  }
}
