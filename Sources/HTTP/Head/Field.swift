/// One field of a head.
package struct Field: Sendable {
  package let name: ByteRange
  /// Without the white space around it.
  package let value: ByteRange
  package let known: KnownField
}

/// The fields that decide about framing, the connection or forwarding.
package enum KnownField: UInt8, Sendable {
  case other
  case connection
  case contentLength
  case expect
  case host
  case keepAlive
  case proxyConnection
  case te
  case trailer
  case transferEncoding
  case upgrade

  /// Whether the field is about this connection alone and is never forwarded (RFC 9110 §7.6.1).
  package var isHopByHop: Bool {
    switch self {
    case .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade: true
    case .other, .contentLength, .expect, .host: false
    }
  }

  init(_ name: UnsafeRawBufferPointer) {
    self = .other
    switch name.count {
    case 2: if name.equalsIgnoringCase("te") { self = .te }
    case 4: if name.equalsIgnoringCase("host") { self = .host }
    case 6: if name.equalsIgnoringCase("expect") { self = .expect }
    case 7:
      if name.equalsIgnoringCase("upgrade") {
        self = .upgrade
      } else if name.equalsIgnoringCase("trailer") {
        self = .trailer
      }
    case 10:
      if name.equalsIgnoringCase("connection") {
        self = .connection
      } else if name.equalsIgnoringCase("keep-alive") {
        self = .keepAlive
      }
    case 14: if name.equalsIgnoringCase("content-length") { self = .contentLength }
    case 16: if name.equalsIgnoringCase("proxy-connection") { self = .proxyConnection }
    case 17: if name.equalsIgnoringCase("transfer-encoding") { self = .transferEncoding }
    default: break
    }
  }
}

/// How the end of a body is known (RFC 9112 §6).
package enum Framing: Equatable, Sendable {
  case none
  case length(Int)
  case chunked
  /// Responses only: the body ends with the connection.
  case untilClose
}
