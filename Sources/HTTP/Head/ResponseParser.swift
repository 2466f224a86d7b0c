/// An upstream's response head: where its parts stand in the bytes that it was read from.
package struct ResponseHead: Sendable {
  package internal(set) var status = 0
  package internal(set) var reason = ByteRange.none
  package internal(set) var minorVersion = 1
  /// How the body ends, given the method that was asked with.
  package internal(set) var framing = Framing.untilClose
  package internal(set) var keepsAlive = true
  package internal(set) var fields: [Field] = []
  /// The head's length, its last empty line included.
  package internal(set) var length = 0

  package init() {}
}

/// Reads an upstream's response head as strictly as requests are read: an upstream that answers
/// ambiguously is broken, and its answer must not reach a client.
package struct ResponseParser: Sendable {
  package private(set) var head = ResponseHead()
  private let limits: Limits
  private var lines = HeadLines()
  private var hasStatusLine = false
  private var length: Int?
  private var isChunked = false

  package init(limits: Limits) {
    self.limits = limits
  }

  /// Makes it ready for the next response.
  package mutating func reset() {
    // Taken out, not copied: what two own is not used again.
    var fields: [Field] = []
    swap(&fields, &head.fields)
    fields.removeAll(keepingCapacity: true)
    self = ResponseParser(limits: limits)
    head.fields = fields
  }

  /// Goes on where it stopped; `bytes` begin with the head's first byte each time.
  ///
  /// - Parameter method: the request's, which decides whether a body follows (RFC 9112 §6.3).
  /// - Returns: whether the head is complete.
  package mutating func parse(
    _ bytes: UnsafeRawBufferPointer,
    answering method: Method
  ) throws(ProtocolError) -> Bool {
    while let line = try lines.next(in: bytes) {
      if !hasStatusLine {
        try readStatusLine(line, bytes)
        hasStatusLine = true
      } else if line.isEmpty {
        head.length = lines.position
        try finish(method)
        return true
      } else {
        try readField(line, bytes)
      }
    }
    guard bytes.count < limits.head else { throw .malformed("the response's head is too large") }
    return false
  }

  private mutating func readStatusLine(
    _ line: ByteRange,
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) {
    let text = line.slice(of: bytes)
    let refusal = ProtocolError.malformed("the status line is malformed")
    guard text.count >= 12, text[8] == 0x20, text.count == 12 || text[12] == 0x20 else {
      throw refusal
    }
    let version = UnsafeRawBufferPointer(rebasing: text[..<8])
    if version.equals("HTTP/1.0") {
      head.minorVersion = 0
      head.keepsAlive = false
    } else if !version.equals("HTTP/1.1") {
      throw refusal
    }
    for index in 9..<12 {
      guard text[index] >= 0x30, text[index] <= 0x39 else { throw refusal }
      head.status = head.status * 10 + Int(text[index] - 0x30)
    }
    guard head.status >= 100, text[12...].allSatisfy(ByteClass.fieldValue.contains) else {
      throw refusal
    }
    head.reason = ByteRange(min(Int(line.start) + 13, Int(line.end)), Int(line.end))
  }

  private mutating func readField(
    _ line: ByteRange,
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) {
    guard head.fields.count < limits.fields else {
      throw .malformed("the response has too many fields")
    }
    let field = try HeadLines.field(line, in: bytes)
    head.fields.append(field)
    guard field.known != .other else { return }
    let value = field.value.slice(of: bytes)
    switch field.known {
    case .contentLength:
      guard length == nil else { throw .malformed("Content-Length is given more than once") }
      length = try HeadLines.length(value)
    case .transferEncoding:
      guard !isChunked, value.equalsIgnoringCase("chunked") else {
        throw .malformed("Transfer-Encoding is something other than chunked")
      }
      isChunked = true
    case .connection:
      if value.equalsIgnoringCase("close") {
        head.keepsAlive = false
      } else if value.equalsIgnoringCase("keep-alive") {
        head.keepsAlive = true
      }
    default:
      break
    }
  }

  private mutating func finish(_ method: Method) throws(ProtocolError) {
    guard !isChunked || length == nil else {
      throw .malformed("the response gives both Content-Length and Transfer-Encoding")
    }
    if method == .head || head.status < 200 || head.status == 204 || head.status == 304 {
      head.framing = .none
    } else if isChunked {
      head.framing = .chunked
    } else if let length {
      head.framing = .length(length)
    } else {
      head.framing = .untilClose
      head.keepsAlive = false
    }
  }
}
