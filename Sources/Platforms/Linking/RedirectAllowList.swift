import Core

/// Where a finished link may send the browser: origins (RFC 6454), exactly.
struct RedirectAllowList {
  private let origins: Set<String>

  /// That of APP_BASE_URL and those of OAUTH_REDIRECT_ALLOW_LIST.
  init(_ configuration: Configuration) {
    let listed = configuration[.oauthRedirectAllowList] ?? ""
    let all = listed.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
    origins = Set((all + [configuration.baseURL(.appURL)]).compactMap(Self.origin))
  }

  func contains(_ address: String) -> Bool {
    guard let origin = Self.origin(address) else { return false }
    return origins.contains(origin)
  }

  /// Scheme, host and port of an absolute address; nil for one that browsers might read otherwise
  /// than this does, that names a user, or that has a fragment.
  static func origin(_ address: String) -> String? {
    let isPlain = address.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
        UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"),
        UInt8(ascii: "}"), UInt8(ascii: "#"):
        false
      default: byte > 0x20 && byte < 0x7F
      }
    }
    guard isPlain, address.utf8.count <= 2048 else { return nil }
    for (scheme, port) in [("https://", "443"), ("http://", "80")]
    where address.lowercased().hasPrefix(scheme) {
      let rest = address.lowercased().dropFirst(scheme.count)
      let authority = rest.prefix { $0 != "/" && $0 != "?" }
      let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), let host = parts.first, !host.isEmpty,
        host.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" })
      else { return nil }
      if parts.count == 2 {
        guard (1...5).contains(parts[1].count), parts[1].allSatisfy(\.isNumber) else { return nil }
      }
      return "\(scheme)\(host):\(parts.count == 2 ? String(parts[1]) : port)"
    }
    return nil
  }
}
