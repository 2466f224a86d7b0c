/// Reads a request's head (RFC 9112), strictly: what two readers could understand differently is
/// refused, since between a proxy and its upstream that difference is an attack.
package struct RequestParser: Sendable {
  package private(set) var head = RequestHead()
  private let limits: Limits
  private var lines = HeadLines()
  private var hasRequestLine = false
  private var hasSkippedLine = false
  private var hosts = 0
  private var host = ByteRange.none
  private var lengths = 0
  private var codings = 0
  private var connectionUpgrades = false
  private var hasUpgradeField = false

  package init(limits: Limits) {
    self.limits = limits
  }

  /// Makes it ready for the next request.
  package mutating func reset() {
    // Taken out, not copied: what two own is not used again.
    var fields: [Field] = []
    swap(&fields, &head.fields)
    fields.removeAll(keepingCapacity: true)
    self = RequestParser(limits: limits)
    head.fields = fields
  }

  /// Whether some of a request has arrived.
  package var hasBegun: Bool { hasRequestLine || hasSkippedLine }

  /// Goes on where it stopped; `bytes` begin with the head's first byte each time.
  ///
  /// - Returns: whether the head is complete.
  package mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> Bool {
    while let line = try lines.next(in: bytes) {
      if line.isEmpty, !hasRequestLine, !hasSkippedLine {
        hasSkippedLine = true
      } else if !hasRequestLine {
        try readRequestLine(line, bytes)
        hasRequestLine = true
      } else if line.isEmpty {
        head.length = lines.position
        guard head.length <= limits.head else { throw Self.headTooLarge }
        try finish(bytes)
        return true
      } else {
        try readField(line, bytes)
      }
    }
    if !hasRequestLine { try checkBeginning(bytes) }
    guard bytes.count < limits.head else { throw Self.headTooLarge }
    return false
  }

  /// What can't become a request line is refused before the line is complete.
  private func checkBeginning(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    let start = lines.position
    if start < bytes.count, !ByteClass.token.contains(bytes[start]), bytes[start] != 0x0D {
      throw .malformed("the request line does not begin with a method and a space")
    }
    if bytes.count - start > limits.target + 32 {
      throw ProtocolError(414, "the request target is longer than \(limits.target) bytes")
    }
  }

  private static let headTooLarge = ProtocolError(431, "the request's head is too large")

  private mutating func readRequestLine(
    _ line: ByteRange,
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) {
    let end = Int(line.end)
    var index = Int(line.start)
    while index < end, ByteClass.token.contains(bytes[index]) { index += 1 }
    head.methodName = ByteRange(Int(line.start), index)
    guard !head.methodName.isEmpty, index < end, bytes[index] == 0x20 else {
      throw .malformed("the request line does not begin with a method and a space")
    }
    guard let method = Method(head.methodName.slice(of: bytes)) else {
      throw ProtocolError(405, "the method is none that is answered here")
    }
    head.method = method
    let start = index + 1
    index = start
    while index < end, ByteClass.target.contains(bytes[index]) { index += 1 }
    head.target = ByteRange(start, index)
    guard head.target.count <= limits.target else {
      throw ProtocolError(414, "the request target is longer than \(limits.target) bytes")
    }
    guard !head.target.isEmpty, index < end, bytes[index] == 0x20 else {
      throw .malformed("the request target is empty or holds a character that it must not")
    }
    let version = ByteRange(index + 1, end).slice(of: bytes)
    if version.equals("HTTP/1.1") {
      head.minorVersion = 1
    } else if version.equals("HTTP/1.0") {
      head.minorVersion = 0
      head.keepsAlive = false
    } else {
      let isHTTP = version.count == 8 && version.prefix(5).elementsEqual("HTTP/".utf8)
      throw ProtocolError(
        isHTTP ? 505 : 400,
        "the request line does not end with HTTP/1.1 or HTTP/1.0"
      )
    }
    try RequestTarget.read(into: &head, bytes)
  }

  private mutating func readField(
    _ line: ByteRange,
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) {
    guard head.fields.count < limits.fields else {
      throw ProtocolError(431, "the request has more than \(limits.fields) fields")
    }
    let field = try HeadLines.field(line, in: bytes)
    head.fields.append(field)
    guard field.known != .other else { return }
    let value = field.value.slice(of: bytes)
    switch field.known {
    case .host:
      hosts += 1
      host = field.value
    case .contentLength:
      lengths += 1
      head.framing = .length(try HeadLines.length(value))
    case .transferEncoding:
      codings += 1
      guard value.equalsIgnoringCase("chunked") else {
        throw .malformed("Transfer-Encoding is something other than chunked")
      }
    case .connection:
      try readConnection(value)
    case .expect:
      guard value.equalsIgnoringCase("100-continue") else {
        throw ProtocolError(417, "Expect is something other than 100-continue")
      }
      head.expectsContinue = true
    case .upgrade:
      hasUpgradeField = true
    case .keepAlive, .proxyConnection, .te, .trailer, .other:
      break
    }
  }

  /// A field that Connection names would have to be removed by whoever forwards the request; that
  /// is only ever used to make two readers disagree.
  private mutating func readConnection(
    _ value: UnsafeRawBufferPointer
  ) throws(ProtocolError) {
    var start = 0
    while start <= value.count {
      var end = start
      while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
      var first = start
      var last = end
      while first < last, value[first] == 0x20 || value[first] == 0x09 { first += 1 }
      while last > first, value[last - 1] == 0x20 || value[last - 1] == 0x09 { last -= 1 }
      let option = UnsafeRawBufferPointer(rebasing: value[first..<last])
      if option.equalsIgnoringCase("close") {
        head.keepsAlive = false
      } else if option.equalsIgnoringCase("keep-alive") {
        head.keepsAlive = true
      } else if option.equalsIgnoringCase("upgrade") {
        connectionUpgrades = true
      } else if !option.isEmpty, !option.equalsIgnoringCase("te"),
        !option.equalsIgnoringCase("http2-settings")
      {
        throw .malformed("Connection names something other than close, keep-alive or upgrade")
      }
      start = end + 1
    }
  }

  private mutating func finish(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    guard hosts == 1 || (hosts == 0 && head.minorVersion == 0) else {
      throw .malformed(hosts == 0 ? "Host is missing" : "Host is given more than once")
    }
    let hostValue = host.slice(of: bytes)
    try RequestTarget.checkHost(hostValue, isOptional: hosts == 0)
    if let authority = head.authority {
      let isSame = authority.slice(of: bytes).elementsEqual(hostValue) {
        $0.lowercased == $1.lowercased
      }
      guard isSame else { throw .malformed("the request target and Host name different hosts") }
    }
    guard lengths + codings <= 1 else {
      throw .malformed("the body's length is given more than once")
    }
    if codings == 1 {
      guard head.minorVersion == 1 else {
        throw .malformed("Transfer-Encoding needs HTTP/1.1")
      }
      head.framing = .chunked
    }
    head.wantsUpgrade = connectionUpgrades && hasUpgradeField && head.minorVersion == 1
  }
}
