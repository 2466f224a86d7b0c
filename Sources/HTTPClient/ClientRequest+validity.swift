extension ClientRequest {
  /// Fields that libcurl writes, as they frame the message.
  private static let ownHeaders: Set<String> = [
    "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer",
    "transfer-encoding", "upgrade", "accept-encoding",
  ]

  /// Whether every header field is one (RFC 9110 §5) that the caller may set, and the body goes
  /// with the method.
  var isValid: Bool {
    (body.isEmpty || (method != .get && method != .head))
      && headers.allSatisfy { field in
        !field.name.isEmpty && field.name.utf8.allSatisfy(\.isToken)
          && !Self.ownHeaders.contains(field.name.lowercased())
          && field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
      }
  }
}

extension UInt8 {
  /// RFC 9110 §5.6.2.
  fileprivate var isToken: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
  }
}
