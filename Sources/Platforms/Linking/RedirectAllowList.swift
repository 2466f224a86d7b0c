import Core

/// Where a finished link may send the browser: where auth's links may lead, and the public site.
struct RedirectAllowList {
  private let redirects: Redirects
  private let site: WebURL?

  /// - Throws: `ConfigurationError` when SITE_URL is no address.
  init(_ configuration: Configuration) throws {
    redirects = try Redirects(configuration)
    site = WebURL(configuration.baseURL(.appURL))
  }

  /// Not with a fragment: what is added to the address would be part of it.
  func contains(_ address: String) -> Bool {
    guard !address.contains("#"), let url = WebURL(address) else { return false }
    return redirects.isAllowed(address) || site.map(url.isAt) == true
  }
}
