import HTTP
import Loop

/// How the end of an answer's body is told to the client.
enum AnswerFraming: Equatable {
  /// There is no body, or the service's own Content-Length says where it ends.
  case asLong(Int?)
  case chunked
  /// For clients that do not know chunks.
  case untilClose
}

/// Writes the head of the answer that goes to the client: the service's fields, without what is
/// about the service's connection and what is the dispatcher's to say.
@Loop
enum ResponseRewriter {
  /// - Parameters:
  ///   - bytes: the service's head.
  ///   - common: CORS and security fields.
  static func rewrite(
    _ head: ResponseHead,
    _ bytes: UnsafeRawBufferPointer,
    framing: AnswerFraming,
    keepsAlive: Bool,
    for request: ForwardedRequest,
    common: [UInt8],
    into output: ByteBuffer
  ) {
    writeStatus(head, bytes, into: output)
    // The length of a body that HEAD and 304 only speak of.
    let keepsLength = request.method == .head || head.status == 304
    var hasDate = false
    var copied = 0
    var copyEnd = 0
    for (index, field) in head.fields.enumerated() {
      let lineStart = Int(field.name.start)
      let isLast = index + 1 == head.fields.count
      let lineEnd = isLast ? head.length - 2 : Int(head.fields[index + 1].name.start)
      guard keeps(field, bytes, keepsLength: keepsLength) else { continue }
      if field.name.count == 4, field.name.slice(of: bytes).equalsIgnoringCase("date") {
        hasDate = true
      }
      if copyEnd != lineStart {
        output.append(UnsafeRawBufferPointer(rebasing: bytes[copied..<copyEnd]))
        copied = lineStart
      }
      copyEnd = lineEnd
    }
    output.append(UnsafeRawBufferPointer(rebasing: bytes[copied..<copyEnd]))
    if !hasDate {
      // RFC 9110 §6.6.1.
      output.append("Date: ")
      output.append(HTTPDate.now)
      output.append("\r\n")
    }
    switch framing {
    case .asLong(let length?):
      output.append("Content-Length: ")
      output.append(decimal: length)
      output.append("\r\n")
    case .chunked: output.append("Transfer-Encoding: chunked\r\n")
    case .asLong(nil), .untilClose: break
    }
    writeEnd(keepsAlive: keepsAlive, for: request, common: common, into: output)
  }

  /// Writes what every answer's head ends with.
  static func writeEnd(
    keepsAlive: Bool,
    for request: ForwardedRequest,
    common: [UInt8],
    into output: ByteBuffer
  ) {
    output.append(common)
    output.append("X-Request-Id: ")
    output.append(request.bytes.slice(request.id))
    if !keepsAlive {
      output.append("\r\nConnection: close\r\n\r\n")
    } else if request.minorVersion == 0 {
      output.append("\r\nConnection: keep-alive\r\n\r\n")
    } else {
      output.append("\r\n\r\n")
    }
  }

  /// Writes a head that leaves the protocol (101) or comes before the answer (1xx): its fields, and
  /// Upgrade where it is meant.
  static func rewriteInformational(
    _ head: ResponseHead,
    _ bytes: UnsafeRawBufferPointer,
    into output: ByteBuffer
  ) {
    writeStatus(head, bytes, into: output)
    for field in head.fields where keeps(field, bytes, keepsLength: false) {
      output.append(field.name.slice(of: bytes))
      output.append(": ")
      output.append(field.value.slice(of: bytes))
      output.append("\r\n")
    }
    if head.status == 101 {
      output.append("Connection: upgrade\r\nUpgrade: websocket\r\n")
    }
    output.append("\r\n")
  }

  private static func writeStatus(
    _ head: ResponseHead,
    _ bytes: UnsafeRawBufferPointer,
    into output: ByteBuffer
  ) {
    output.append("HTTP/1.1 ")
    output.append(decimal: head.status)
    output.append(" ")
    output.append(head.reason.slice(of: bytes))
    output.append("\r\n")
  }

  private static func keeps(
    _ field: Field,
    _ bytes: UnsafeRawBufferPointer,
    keepsLength: Bool
  ) -> Bool {
    if field.known == .contentLength { return keepsLength }
    guard !field.known.isHopByHop else { return false }
    let name = field.name.slice(of: bytes)
    switch name.count {
    case 12: return !name.equalsIgnoringCase("x-request-id")
    case 19 where name.equalsIgnoringCase("x-streamvibe-client"): return false
    case 22 where name.equalsIgnoringCase("x-content-type-options"): return false
    default: break
    }
    guard name.count > 15 else { return true }
    return !UnsafeRawBufferPointer(rebasing: name[..<15]).equalsIgnoringCase("access-control-")
  }
}
