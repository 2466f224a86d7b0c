/// URLs that users give for others to open: https alone, so that no `javascript:` or plain http
/// ends up in a page.
package enum WebAddress {
  static let lengthLimit = 2048
  /// The same rule as ``isValid(_:)``, as a regular expression for schemas.
  static let pattern =
    "^https://\(label)(\\.\(label))*(:[0-9]{1,5})?"
    + #"([/?#][!#-;=?-\[\]_a-z~]*)?$"#
  private static let label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"

  package static func isValid(_ text: String) -> Bool {
    let scheme = "https://"
    guard text.utf8.count <= lengthLimit, text.hasPrefix(scheme) else { return false }
    let rest = text.utf8.dropFirst(scheme.utf8.count)
    let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? rest.endIndex
    return isAuthority(rest[..<end]) && rest[end...].allSatisfy(isPathByte)
  }

  private static func isAuthority(_ text: Substring.UTF8View.SubSequence) -> Bool {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    if parts.count == 2 {
      guard (1...5).contains(parts[1].count), parts[1].allSatisfy(isDigit) else { return false }
    }
    guard (1...2).contains(parts.count) else { return false }
    return parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .allSatisfy(isLabel)
  }

  private static func isLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
    guard let first = label.first, let last = label.last, isLetterOrDigit(first),
      isLetterOrDigit(last)
    else { return false }
    return label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    // Visible ASCII without the bytes that RFC 3986 wants encoded.
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
      UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
      false
    default: byte > 0x20 && byte < 0x7F
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A && byte < 0x80)
  }
}
