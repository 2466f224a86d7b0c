import Testing

@testable import Core

@Suite("Where a link may lead in the end") struct RedirectTests {
  private static let settings = [
    "SITE_URL": "https://app.example",
    "ADDITIONAL_REDIRECT_URLS":
      "https://*.preview.example/**, com.example.app://callback, https://other.example/done?x=*",
  ]

  @Test(
    "is the site itself and what the deployer lists",
    arguments: [
      "https://app.example", "https://app.example/welcome?a=1", "https://APP.example:443/x#y",
      "https://one.preview.example/a/b", "com.example.app://callback",
      "https://other.example/done?x=1",
    ]
  )
  func allows(_ target: String) throws {
    let redirects = try Self.redirects()
    #expect(redirects.isAllowed(target))
  }

  @Test(
    "is nothing else, whatever it looks like",
    arguments: [
      "http://app.example", "https://app.example:444/", "https://app.example.evil.com",
      "https://evil.com", "//evil.com", "/evil.com", "///evil.com", "https:///evil.com",
      "https:evil.com", "https:/app.example", "https:\\\\app.example",
      "https://app.example\\.evil.com",
      "https://app.example@evil.com", "https://evil.com/@app.example",
      "https://evil.com#app.example",
      "https://app.example:443@evil.com/", "https://evil.com?https://app.example",
      "https://app.example%2eevil.com", "https://app.example%00.evil.com",
      "https://app.example\u{0}.evil.com", "https://app.example\r\nset-cookie: a=b",
      "https://app.example\t.evil.com", " https://app.example", "https://app.exаmple",
      "javascript:alert(1)//https://app.example", "JaVaScRiPt:alert(1)", "data:text/html,x",
      "vbscript:x", "file:///etc/passwd", "https://a.b.preview.example/x",
      "https://evil.com/.preview.example/x", "https://evil.com/one.preview.example/",
      "https://one.preview.example.evil.com/x", "https://one.preview.example@evil.com/x",
      "com.example.app://callback.evil", "com.example.app2://callback", "https://[::1",
      "https://app.example:0/", "https://app.example:99999/", "https://:443/", "", "x",
      "https://other.example/done?x=1/../..",
      "https://app.example/" + String(repeating: "x", count: 3000),
    ]
  )
  func refuses(_ target: String) throws {
    let redirects = try Self.redirects()
    #expect(!redirects.isAllowed(target))
    #expect(redirects.target(target) == "https://app.example")
  }

  @Test("may be any port of a developer's own machine when the site is there")
  func allowsLoopback() throws {
    let redirects = try Redirects(site: "http://127.0.0.1:3000", allowed: "")
    #expect(redirects.isAllowed("http://127.0.0.1:5173/x"))
    #expect(!redirects.isAllowed("http://127.0.0.2:5173/x"))
    #expect(!redirects.isAllowed("http://localhost:3000/x"))
    let site = try Self.redirects()
    #expect(!site.isAllowed("http://127.0.0.1:3000/"))
  }

  private static func redirects() throws -> Redirects {
    try Redirects(Configuration(settings))
  }

  @Test("the site is APP_BASE_URL when SITE_URL is not set, and an address in any case")
  func hasASite() throws {
    let redirects = try Redirects(Configuration(["APP_BASE_URL": "https://app.example"]))
    #expect(redirects.site == "https://app.example")
    #expect(throws: ConfigurationError.self) {
      try Redirects(Configuration(["SITE_URL": "app.example"]))
    }
  }

  @Test(
    "fits a pattern as a whole and in good time",
    arguments: [
      ("https://*.a.b/*", "https://x.a.b/y", true), ("https://*.a.b/*", "https://x.y.a.b/z", false),
      ("https://*.a.b/*", "https://x.a.b/y/z", false), ("https://**", "https://x/y.z/w", true),
      ("a?c", "abc", true), ("a?c", "a/c", false), ("a[b-d]e", "ace", true),
      ("a[!b-d]e", "ace", false),
      ("a[bc", "a[bc", true), ("a\\*", "a*", true), ("a\\*", "ab", false), ("", "", true),
      ("**", "", true), ("*", "", true), ("", "a", false),
      (String(repeating: "**a", count: 20), String(repeating: "a", count: 2000) + "b", false),
    ]
  )
  func matches(_ pattern: String, _ text: String, _ fits: Bool) {
    #expect(Glob(pattern).matches(text) == fits)
  }
}
