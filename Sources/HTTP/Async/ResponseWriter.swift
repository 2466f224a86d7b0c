import Glibc
import Loop

/// Puts answers on the wire.
@Loop
enum ResponseWriter {
  /// Where heads are put together, one at a time.
  private static var head: [UInt8] = []

  /// Writes the head, and the body when it is bytes.
  static func write(
    _ response: Response,
    to connection: ServerConnection,
    keepsAlive: Bool,
    hasBody: Bool,
    isChunked: Bool = false
  ) {
    head.removeAll(keepingCapacity: true)
    head.append(text: "HTTP/1.1 ")
    head.append(decimal: response.status)
    head.append(text: " ")
    head.append(text: Status.reason(response.status))
    head.append(text: "\r\ndate: ")
    head.append(contentsOf: HTTPDate.now)
    for header in response.headers {
      head.append(text: "\r\n")
      head.append(text: header.name)
      head.append(text: ": ")
      head.append(fieldValue: header.value)
    }
    switch response.body {
    case .bytes(let bytes) where response.status >= 200 && response.status != 204:
      head.append(text: "\r\ncontent-length: ")
      head.append(decimal: bytes.count)
    case .stream(let length?, _):
      head.append(text: "\r\ncontent-length: ")
      head.append(decimal: length)
    case .stream where isChunked:
      head.append(text: "\r\ntransfer-encoding: chunked")
    case .bytes, .stream:
      break
    }
    head.append(text: keepsAlive ? "\r\n\r\n" : "\r\nconnection: close\r\n\r\n")
    head.withUnsafeBytes { head in
      if hasBody, case .bytes(let bytes) = response.body, !bytes.isEmpty {
        bytes.withUnsafeBytes { connection.write(head, $0) }
      } else {
        connection.write(head)
      }
    }
  }

  static func writePiece(_ bytes: [UInt8], to connection: ServerConnection, isChunked: Bool) {
    guard isChunked else { return bytes.withUnsafeBytes { connection.write($0) } }
    head.removeAll(keepingCapacity: true)
    head.append(contentsOf: String(bytes.count, radix: 16).utf8)
    head.append(text: "\r\n")
    head.append(contentsOf: bytes)
    head.append(text: "\r\n")
    head.withUnsafeBytes { connection.write($0) }
  }

  static func endChunks(_ connection: ServerConnection?) {
    let end: StaticString = "0\r\n\r\n"
    connection?.write(UnsafeRawBufferPointer(start: end.utf8Start, count: end.utf8CodeUnitCount))
  }
}

extension [UInt8] {
  @inline(__always)
  package mutating func append(text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package mutating func append(decimal number: Int) {
    guard number >= 10 else { return append(UInt8(ascii: "0") + UInt8(clamping: number)) }
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    Swift.withUnsafeMutableBytes(of: &digits) { digits in
      var index = digits.count
      var rest = number
      while rest > 0 {
        index -= 1
        digits[index] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      append(contentsOf: digits[index...])
    }
  }

  /// A field's value; control characters, which could end the field, are left out.
  package mutating func append(fieldValue text: String) {
    for byte in text.utf8 where byte >= 0x20 && byte != 0x7F { append(byte) }
  }
}
