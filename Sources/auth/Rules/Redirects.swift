import Core

/// Where a link may lead in the end: to the site itself and to what the deployer lists. Anything
/// else would make every mail of ours a bait for others.
struct Redirects: Sendable {
  /// Where links lead that name no place, or none that is allowed.
  let site: String
  private let origin: WebURL
  private let allowed: [Glob]

  /// - Parameter allowed: patterns, comma-separated.
  /// - Throws: ``ConfigurationError`` when the site is no URL.
  init(site: String, allowed: String) throws {
    guard let origin = WebURL(site), origin.isWeb else {
      throw ConfigurationError("SITE_URL must be http:// or https:// and a host, not \(site)")
    }
    self.site = site
    self.origin = origin
    self.allowed = allowed.split(separator: ",").map { Glob($0.trimmingSpace) }
  }

  /// The first of the candidates that is allowed, else the site.
  func target(_ candidates: String?...) -> String {
    candidates.compactMap { $0 }.first(where: isAllowed) ?? site
  }

  func isAllowed(_ text: String) -> Bool {
    guard let url = WebURL(text) else { return false }
    if url.isWeb, url.host == origin.host {
      // On the developer's own machine each port is another page of the same person's.
      if url.isLoopback || (url.scheme == origin.scheme && url.port == origin.port) { return true }
    }
    let bare = String(text.prefix { $0 != "#" })
    return allowed.contains { $0.matches(bare) }
  }
}

/// As much of a URL (RFC 3986) as decides where a browser goes. What two readers could understand
/// differently is none: spaces and control characters, backslashes, a user's name in front of the
/// host, an empty host, letters beyond ASCII.
struct WebURL: Sendable, Equatable {
  /// In lower case.
  let scheme: String
  /// In lower case; empty for schemes of apps that name none.
  let host: String
  /// The scheme's own when it is not given.
  let port: Int

  /// Those make a browser run what follows them.
  private static let refused: Set<String> = [
    "javascript", "data", "vbscript", "file", "blob", "about", "view-source",
  ]

  init?(_ text: String) {
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

  var isWeb: Bool { scheme == "http" || scheme == "https" }

  var isLoopback: Bool { ["localhost", "127.0.0.1", "[::1]"].contains(host) }

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

extension Substring {
  var trimmingSpace: Substring {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }
}
