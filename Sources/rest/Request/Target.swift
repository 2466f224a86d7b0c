/// What a request's path names.
enum Target: Equatable {
  case root
  case relation(String)
  case routine(String)

  /// - Parameter path: as it was sent, without the mount: `/orders`, `/rpc/add`.
  init(_ path: Substring) throws(Refusal) {
    let parts = path.split(separator: "/")
    switch parts.count {
    case 0: self = .root
    case 1: self = .relation(try Self.decode(parts[0]))
    case 2 where parts[0] == "rpc": self = .routine(try Self.decode(parts[1]))
    default: throw .path
    }
  }

  private static func decode(_ part: Substring) throws(Refusal) -> String {
    var bytes: [UInt8] = []
    var rest = part.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst()?.hexadecimalDigit,
        let low = rest.popFirst()?.hexadecimalDigit
      else { throw .path }
      bytes.append(high << 4 | low)
    }
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw .path
    }
    return text
  }
}
