/// The target's forms (RFC 9112 §3.2), and what a path must not hold so that everybody who reads
/// it, here and behind the dispatcher, understands the same.
enum RequestTarget {
  /// Splits `head.target` into path and query; of the absolute form the authority is taken off.
  static func read(
    into head: inout RequestHead,
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtocolError) {
    let target = head.target.slice(of: bytes)
    if target[0] != UInt8(ascii: "/") {
      if target.equals("*"), head.method == .options {
        head.path = head.target
        return
      }
      try takeAuthority(into: &head, target)
    }
    var index = Int(head.target.start)
    let end = Int(head.target.end)
    while index < end, bytes[index] != UInt8(ascii: "?") { index += 1 }
    head.path = ByteRange(Int(head.target.start), index)
    head.query = index < end ? ByteRange(index + 1, end) : nil
    try checkPath(head.path.slice(of: bytes))
  }

  static func checkHost(
    _ host: UnsafeRawBufferPointer,
    isOptional: Bool
  ) throws(ProtocolError) {
    guard isOptional || !host.isEmpty, host.allSatisfy(ByteClass.host.contains) else {
      throw .malformed("Host is not a host name or address with an optional port")
    }
    var name = host[...]
    if let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") {
      let port = host[(colon + 1)...]
      guard port.count <= 5, port.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), colon > 0 else {
        throw .malformed("Host's port is not a number")
      }
      name = host[..<colon]
    }
    guard isName(name) || isBracketed(name) else {
      throw .malformed("Host is not a host name or address with an optional port")
    }
  }

  private static func isName(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
    !name.contains { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }
  }

  /// An IPv6 address (RFC 3986 §3.2.2), by its characters.
  private static func isBracketed(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard name.count > 3, name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") else {
      return false
    }
    let address = name.dropFirst().dropLast()
    return address.contains(UInt8(ascii: ":"))
      && address.allSatisfy {
        $0.hexadecimalValue != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
      }
  }

  /// `http://authority/path`: RFC 9112 §3.2.2 has servers take it.
  private static func takeAuthority(
    into head: inout RequestHead,
    _ target: UnsafeRawBufferPointer
  ) throws(ProtocolError) {
    let refusal = ProtocolError.malformed("the request target is neither a path nor a URL with one")
    var scheme = 0
    for candidate in ["http://", "https://"] as [StaticString] {
      let size = candidate.utf8CodeUnitCount
      let isIt =
        target.count > size
        && UnsafeRawBufferPointer(rebasing: target[..<size]).equalsIgnoringCase(candidate)
      if isIt { scheme = size }
    }
    guard scheme > 0 else { throw refusal }
    var end = scheme
    while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?") {
      end += 1
    }
    guard end > scheme, end < target.count, target[end] == UInt8(ascii: "/") else { throw refusal }
    let start = Int(head.target.start)
    head.authority = ByteRange(start + scheme, start + end)
    head.target = ByteRange(start + end, Int(head.target.end))
  }

  private static func checkPath(_ path: UnsafeRawBufferPointer) throws(ProtocolError) {
    var index = 0
    var dots = 0
    var hasOther = false
    while index < path.count {
      var byte = path[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < path.count, let high = path[index + 1].hexadecimalValue,
          let low = path[index + 2].hexadecimalValue
        else { throw .malformed("the path holds a % that encodes nothing") }
        byte = high << 4 | low
        guard byte != 0, byte != UInt8(ascii: "/"), byte != UInt8(ascii: "\\") else {
          throw .malformed("the path holds an encoded slash, backslash or NUL")
        }
        index += 2
      } else if byte == UInt8(ascii: "/") {
        guard hasOther || dots == 0 || dots > 2 else { throw dotSegment }
        dots = 0
        hasOther = false
        index += 1
        continue
      }
      if byte == UInt8(ascii: ".") { dots += 1 } else { hasOther = true }
      index += 1
    }
    guard hasOther || dots == 0 || dots > 2 else { throw dotSegment }
  }

  private static let dotSegment = ProtocolError.malformed("the path holds a . or .. segment")
}
