import Glibc
import Loop

/// Puts answers on the wire.
@Loop
enum ResponseWriter {
  /// Where heads are put together, one at a time.
  private static var scratch: [UInt8] = []
  /// A body up to this size is copied behind its head: cheaper than two parts for the kernel.
  private static let copyLimit = 4096

  /// Writes the head, and the body when it is bytes.
  static func write(
    _ response: Response,
    to connection: ServerConnection,
    keepsAlive: Bool,
    hasBody: Bool,
    isChunked: Bool = false
  ) {
    var bytes: [UInt8] = []
    swap(&bytes, &scratch)
    bytes.append(headOf: response, keepsAlive: keepsAlive, isChunked: isChunked)
    if hasBody, case .bytes(let body) = response.body, !body.isEmpty {
      if body.count <= copyLimit {
        bytes.append(contentsOf: body)
        bytes.withUnsafeBytes { connection.write($0) }
      } else {
        bytes.withUnsafeBytes { head in
          body.withUnsafeBytes { connection.write(head, $0) }
        }
      }
    } else {
      bytes.withUnsafeBytes { connection.write($0) }
    }
    bytes.removeAll(keepingCapacity: true)
    swap(&bytes, &scratch)
  }

  static func writePiece(_ bytes: [UInt8], to connection: ServerConnection, isChunked: Bool) {
    guard isChunked else { return bytes.withUnsafeBytes { connection.write($0) } }
    var piece: [UInt8] = []
    piece.reserveCapacity(bytes.count + 20)
    piece.append(contentsOf: String(bytes.count, radix: 16).utf8)
    piece.append(text: "\r\n")
    piece.append(contentsOf: bytes)
    piece.append(text: "\r\n")
    piece.withUnsafeBytes { connection.write($0) }
  }

  static func endChunks(_ connection: ServerConnection?) {
    let end: StaticString = "0\r\n\r\n"
    connection?.write(UnsafeRawBufferPointer(start: end.utf8Start, count: end.utf8CodeUnitCount))
  }
}

extension String {
  /// A token (RFC 9110 §5.6.2) that says nothing about framing or the connection.
  fileprivate var isFieldNameOfOthers: Bool {
    let name = Array(utf8)
    guard !name.isEmpty, name.allSatisfy(ByteClass.token.contains) else { return false }
    return name.withUnsafeBytes { name in
      KnownField(name) == .other && !name.equalsIgnoringCase("date")
    }
  }
}

extension [UInt8] {
  @Loop
  fileprivate mutating func append(headOf response: Response, keepsAlive: Bool, isChunked: Bool) {
    append(text: "HTTP/1.1 ")
    append(decimal: response.status)
    append(text: " ")
    append(text: Status.reason(response.status))
    append(text: "\r\ndate: ")
    append(contentsOf: HTTPDate.now)
    for header in response.headers {
      append(text: "\r\n")
      append(text: header.name)
      append(text: ": ")
      append(fieldValue: header.value)
    }
    for header in response.otherHeaders where header.name.isFieldNameOfOthers {
      append(text: "\r\n")
      append(contentsOf: header.name.utf8)
      append(text: ": ")
      append(fieldValue: header.value)
    }
    switch response.body {
    case .bytes(let bytes) where response.status != 204 && response.status != 304:
      append(text: "\r\ncontent-length: ")
      append(decimal: bytes.count)
    case .stream(let length?, _):
      append(text: "\r\ncontent-length: ")
      append(decimal: length)
    case .stream where isChunked:
      append(text: "\r\ntransfer-encoding: chunked")
    case .bytes, .stream:
      break
    }
    append(text: keepsAlive ? "\r\n\r\n" : "\r\nconnection: close\r\n\r\n")
  }

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
    var text = text
    text.withUTF8 { bytes in
      if bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
        append(contentsOf: bytes)
      } else {
        append(contentsOf: bytes.lazy.filter { $0 >= 0x20 && $0 != 0x7F })
      }
    }
  }
}
