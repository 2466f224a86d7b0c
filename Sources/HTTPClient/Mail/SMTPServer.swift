/// The server that takes a process's mail, as a setting names it.
package struct SMTPServer: Sendable, Equatable, CustomStringConvertible {
  /// Without user name and password.
  let url: String
  let host: String
  /// TLS from the first byte on; otherwise it begins with STARTTLS where the server offers it.
  let isEncrypted: Bool
  /// The host says by its form that it is this machine.
  package let isLoopback: Bool
  let user: String?
  let password: String?

  /// - Parameter text: `smtp://user:password@host:port` or `smtps://…`; user name and password are
  ///   percent-encoded, and may be missing as well as the port.
  /// - Returns: nil when it can't be read.
  package init?(_ text: String) {
    let scheme = ["smtp://", "smtps://"].first { text.lowercased().hasPrefix($0) }
    guard let scheme else { return nil }
    var rest = text.dropFirst(scheme.count)
    if rest.hasSuffix("/") { rest.removeLast() }
    var account: [String] = []
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", omittingEmptySubsequences: false)
      account = parts.compactMap(\.percentDecoded)
      guard parts.count == 2, account.count == 2, !account[0].isEmpty else { return nil }
      rest = rest[rest.index(after: at)...]
    }
    guard !rest.contains(where: { "/?#".contains($0) }), let handle = URLHandle("\(scheme)\(rest)")
    else { return nil }
    url = handle.text.hasSuffix("/") ? String(handle.text.dropLast()) : handle.text
    host = handle.host
    isEncrypted = scheme == "smtps://"
    isLoopback = handle.isLoopback
    user = account.first
    password = account.last
  }

  /// Whether TLS is a condition: a password goes over nothing else, but to this machine.
  var needsEncryption: Bool { isEncrypted || user != nil && !isLoopback }

  package var description: String { url }
}

extension Substring {
  /// Nil for what is no UTF-8, or holds a NUL.
  fileprivate var percentDecoded: String? {
    var bytes: [UInt8] = []
    var rest = utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(Substring(rest.prefix(2)))
      guard digits.count == 2, digits.allSatisfy(\.isHexDigit),
        let decoded = UInt8(digits, radix: 16)
      else { return nil }
      bytes.append(decoded)
      rest = rest.dropFirst(2)
    }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }
}
