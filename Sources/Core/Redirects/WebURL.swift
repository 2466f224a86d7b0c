/// As much of a URL (RFC 3986) as decides where a browser goes. What two readers could understand
/// differently is none: spaces and control characters, backslashes, a user's name in front of the
/// host, an empty host, letters beyond ASCII.
package struct WebURL: Sendable, Equatable {
  /// In lower case.
  package let scheme: String
  /// In lower case; empty for schemes of apps that name none.
  package let host: String
  /// The scheme's own when it is not given.
  package let port: Int

  /// Those make a browser run what follows them.
  private static let refused: Set<String> = [
    "javascript", "data", "vbscript", "file", "blob", "about", "view-source",
  ]

  package init?(_ text: String) {
    guard text.utf8.count <= 2048,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }),
      let colon = text.firstIndex(of: ":")
    else { return nil }
    scheme = text[..<colon].lowercased()
    guard let first = scheme.first, first.isLetter, !Self.refused.contains(scheme),
      scheme.allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) })
    else { return nil }
    let rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else {
      guard scheme != "http", scheme != "https" else { return nil }
      host = ""
      port = 0
      return
    }
    let authority = rest.dropFirst(2).prefix { !"/?#".contains($0) }
    guard !authority.contains("@"), let place = Self.place(authority) else { return nil }
    host = place.host.lowercased()
    let usual = ["http": 80, "https": 443][scheme]
    port = place.port ?? usual ?? 0
    if usual != nil, host.isEmpty { return nil }
  }

  package var isWeb: Bool { scheme == "http" || scheme == "https" }

  package var isLoopback: Bool { ["localhost", "127.0.0.1", "[::1]"].contains(host) }

  /// Whether both have the same origin (RFC 6454).
  package func isAt(_ other: WebURL) -> Bool {
    scheme == other.scheme && host == other.host && port == other.port
  }

  private static func place(_ authority: Substring) -> (host: Substring, port: Int?)? {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]"),
        authority[..<end].dropFirst().allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." })
      else { return nil }
      return port(authority[authority.index(after: end)...]).map { (authority[...end], $0) }
    }
    let host = authority.prefix { $0 != ":" }
    guard host.allSatisfy({ $0.isLetter || $0.isNumber || "-._~".contains($0) }) else { return nil }
    return port(authority[host.endIndex...]).map { (host, $0) }
  }

  /// `:` and digits, or nothing.
  private static func port(_ text: Substring) -> Int?? {
    if text.isEmpty { return .some(nil) }
    guard text.count > 1, let port = Int(text.dropFirst()), (1...65_535).contains(port) else {
      return nil
    }
    return .some(port)
  }
}
