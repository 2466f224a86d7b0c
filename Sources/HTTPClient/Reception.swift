import Loop

/// What comes of a request's answer; on the loop's thread alone.
final class Reception: Conversation {
  private(set) var headers = HeaderFields()
  private(set) var body: [UInt8] = []
  /// The answer was given up because it exceeds a limit.
  private(set) var isTooLarge = false

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

  override func hear(line: UnsafeRawBufferPointer) -> Bool {
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

  override func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= request.limits.body else {
      isTooLarge = true
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  override func permits(_ address: SocketAddress?) -> Bool {
    guard let address else { return false }
    return request.addresses.permits(address, isPlain: isPlain, isPublic: isPublic)
  }

  override func permitsSending() -> Bool {
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
