import JSON
import TestSupport
import Testing

@testable import auth

@Suite("A link's end")
struct RedirectTests {
  private static let settings = [
    "SITE_URL": "https://app.example",
    "ADDITIONAL_REDIRECT_URLS":
      "https://*.preview.example/**, com.example.app://callback, https://other.example/done?x=*",
  ]

  @Test("is taken from redirect_to, else from the page that asked, else it is the site")
  func choosesInOrder() async throws {
    try await TestAuth.with(Self.settings) { auth async throws in
      func end(_ query: String, _ referer: String?) async throws -> String? {
        let headers = referer.map { ["Referer": $0] } ?? [:]
        let path = "verify?token=x&type=signup\(query)"
        let location = try await auth.send("GET", path, headers: headers).headers["location"]
        return location.map { String($0.prefix { $0 != "?" }) }
      }
      let good = "&redirect_to=https%3A%2F%2Fapp.example%2Fin"
      let bad = "&redirect_to=https%3A%2F%2Fevil.com%2Fin"
      let page = "https://one.preview.example/page"
      #expect(try await end(good, page) == "https://app.example/in")
      #expect(try await end(bad, page) == page)
      #expect(try await end("", page) == page)
      #expect(try await end(bad, "https://evil.com/") == "https://app.example")
      #expect(try await end("", nil) == "https://app.example")
      // Two readers of one query: the first counts, and it alone is checked.
      #expect(try await end(good + bad, nil) == "https://app.example/in")
      #expect(try await end(bad + good, nil) == "https://app.example")
    }
  }

  @Test("of a mailed link can't be changed by who asks for the mail, and keeps its own query")
  func mailsGoodLinks() async throws {
    try await TestAuth.with(Self.settings) { auth async throws in
      let body: JSON = ["email": "ann@example.com", "password": .string(TestAuth.password)]
      _ = try await auth.post("signup?redirect_to=https%3A%2F%2Fevil.com", body)
      _ = try await auth.post("signup?redirect_to=https%3A%2F%2Fapp.example%2Fin%3Fa%3D1%23f", body)
      let mails = try await auth.mails(to: "ann@example.com")
      #expect(mails[0].redirectTo == "https://app.example")
      #expect(mails[1].redirectTo == "https://app.example/in?a=1#f")
      let query = try #require(mails[1].confirmationURL.split(separator: "?").last)
      let answer = try await auth.send("GET", "verify?\(query)")
      let location = try #require(answer.headers["location"])
      #expect(location.hasPrefix("https://app.example/in?a=1#access_token="))
      let refused = try await auth.send("GET", "verify?\(query)").headers["location"]
      #expect(refused?.hasPrefix("https://app.example/in?a=1&error=access_denied") == true)
    }
  }
}
