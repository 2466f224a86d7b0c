/// Where a link may lead in the end, be it of a mail or of a platform's consent: to the site itself
/// and to what the deployer lists. Anything else would make every link of ours a bait for others.
package struct Redirects: Sendable {
  /// Where links lead that name no place, or none that is allowed.
  package let site: String
  private let origin: WebURL
  private let allowed: [Glob]

  /// - Throws: ``ConfigurationError`` when the site is no URL.
  package init(_ configuration: Configuration) throws {
    try self.init(
      site: configuration[.siteURL] ?? configuration[.appURL] ?? "",
      allowed: configuration[.redirectURLs] ?? ""
    )
  }

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
  package func target(_ candidates: String?...) -> String {
    candidates.compactMap { $0 }.first(where: isAllowed) ?? site
  }

  package func isAllowed(_ text: String) -> Bool {
    guard let url = WebURL(text) else { return false }
    if url.isWeb, url.host == origin.host {
      // On the developer's own machine each port is another page of the same person's.
      if url.isLoopback || url.isAt(origin) { return true }
    }
    let bare = String(text.prefix { $0 != "#" })
    return allowed.contains { $0.matches(bare) }
  }
}

extension Substring {
  fileprivate var trimmingSpace: Substring {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }
}
