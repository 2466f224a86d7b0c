import HTTPClient
import JSON
import Loop
import Testing
import TestSupport

@testable import sandbox

@Suite("The platforms")
struct PlatformTests {
  @Test(
    "are what their official clients and their documentation take them for",
    arguments: ["google", "instagram", "tiktok"]
  )
  func areTaken(name: String) async throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    try await TestSandbox.with { sandbox async throws in
      // scripts/setup test installs what it imports.
      try await ChildProcess.run([
        "\(root)/.venv/bin/python", "-W", "ignore", "-B",
        "\(root)/Tests/sandbox/\(name)_client.py", "\(sandbox.address)",
      ])
    }
  }

  @Test("send a browser back to registered addresses alone, to the letter")
  func redirectsAreExact() async throws {
    let settings = ["API_EXTERNAL_URL": "https://api.example/"]
    let registered = "https://api.example/functions/v1/oauth-youtube-callback"
    try await TestSandbox.with(settings: settings) { sandbox async throws in
      func ask(_ uri: String) async throws -> ClientResponse {
        try await sandbox.ask(.get, TestSandbox.google("&auto=approve", redirect: uri))
      }
      #expect(try await ask(registered).status == 302)
      for uri in [
        registered + "/", registered + "?a=b", "https://api.example", "https://evil.example/",
        registered.uppercased(),
      ] {
        let answer = try await ask(uri)
        #expect(answer.status == 400 && answer.headers["location"] == nil, "\(uri)")
        #expect(answer.text.contains("redirect_uri_mismatch"))
      }
      let body = #"{"redirect_uris": ["https://other.example/back"]}"#
      #expect(try await sandbox.ask(.post, "/admin/clients/youtube", body: body).status == 200)
      #expect(try await ask("https://other.example/back").status == 302)
      #expect(try await ask(registered).status == 302)
    }
  }

  @Test("have a person choose the account and what is granted")
  func consent() async throws {
    try await TestSandbox.with { sandbox async throws in
      let path = TestSandbox.google("&state=%22%3E%3Cb%3E", redirect: "http://a.example/")
      let page = try await sandbox.ask(.get, path)
      #expect(page.status == 200 && page.headers["location"] == nil)
      #expect(page.text.contains("value=\"edges\"") && page.text.contains("&lt;Edge&gt;"))
      #expect(!page.text.contains("<b>") && !page.text.contains("<Edge>"))
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.contains("default-src 'none'") && !policy.contains("form-action"))
      let form =
        "client_id=sandbox-youtube&redirect_uri=http%3A%2F%2Fa.example%2F&response_type=code"
        + "&scope=openid+email+profile&state=x&account=large&grant=email"
      let type = "application/x-www-form-urlencoded"
      let approved = try await sandbox.ask(
        .post,
        path,
        body: form + "&decision=approve",
        type: type
      )
      let place = try #require(approved.headers["location"])
      #expect(place.hasPrefix("http://a.example/?state=x&code=4%2F0A"))
      #expect(place.contains("&scope=openid%20email&"))
      let denied = try await sandbox.ask(.post, path, body: form + "&decision=deny", type: type)
      #expect(denied.headers["location"] == "http://a.example/?error=access_denied&state=x")
      let state = try await sandbox.ask(.get, "/admin/state").json
      #expect(state["grants"]?["youtube"]?["large"]?.texts == ["openid", "email"])
    }
  }

  @Test("decide by themselves while a test says so")
  func standing() async throws {
    try await TestSandbox.with { sandbox async throws in
      let path = TestSandbox.google("", redirect: "http://a.example/")
      for (body, status) in [
        (#"{"auto": "approve", "account": "one"}"#, 302), (#"{"auto": "deny"}"#, 302), ("{}", 200),
      ] {
        _ = try await sandbox.ask(.post, "/admin/consent", body: body)
        #expect(try await sandbox.ask(.get, path).status == status)
      }
      let state = try await sandbox.ask(.get, "/admin/state").json
      #expect(state["grants"]?["youtube"]?["one"] != nil)
      let unknown = #"{"auto": "approve", "account": "nobody"}"#
      _ = try await sandbox.ask(.post, "/admin/consent", body: unknown)
      #expect(try await sandbox.ask(.get, path).status == 400)
    }
  }

  @Test("are back at their start after a reset")
  func reset() async throws {
    try await TestSandbox.with { sandbox async throws in
      let before = try await sandbox.ask(.get, "/admin/creators").text
      _ = try await sandbox.signIn()
      for (path, body) in [
        ("/admin/clock", #"{"advance": 864000}"#), ("/admin/consent", #"{"auto": "deny"}"#),
        ("/admin/settings", #"{"youtube_daily_units": 1}"#),
        ("/admin/clients/youtube", #"{"redirect_uris": ["https://a.example"]}"#),
        ("/admin/creators/youtube", #"{"key": "bob", "size": 2}"#),
        ("/admin/creators/youtube/ada/items", #"{"count": 5}"#),
        ("/faults", #"{"youtube": {"mode": "fail"}}"#),
      ] {
        #expect(try await sandbox.ask(.post, path, body: body).status < 300, "\(path)")
      }
      let state = try await sandbox.ask(.post, "/admin/reset").json
      #expect(state["clock_offset_seconds"] == 0 && state["faults"] == [:])
      #expect(state["grants"]?["youtube"] == [:] && state["youtube"]?["units_limit"] == 10_000)
      #expect(try await sandbox.ask(.get, "/admin/creators").text == before)
      let client = try await sandbox.ask(.get, "/admin/clients/youtube").json
      #expect(client["redirect_uris"] == [])
    }
  }

  @Test("are listed on the first page, with how they stand")
  func overview() async throws {
    try await TestSandbox.with { sandbox async throws in
      _ = try await sandbox.signIn()
      let page = try await sandbox.ask(.get, "/").text
      for text in [
        "http://\(sandbox.address)/gapi", "YOUTUBE_BASE_URL", "ada (2 tokens hold)", "20000",
        "&lt;Edge&gt;",
      ] {
        #expect(page.contains(text), "\(text)")
      }
    }
  }

  @Test(
    "end their day at midnight in California, in summer and winter time",
    arguments: [
      ("2026-11-24T07:59:00Z", "2026-11-24T08:00:00Z"),
      ("2026-11-24T08:00:00Z", "2026-11-25T08:00:00Z"),
      ("2026-07-01T06:59:00Z", "2026-07-01T07:00:00Z"),
      ("2026-07-01T07:00:00Z", "2026-07-02T07:00:00Z"),
      // Clocks are put forward on March 8 and back on November 1.
      ("2026-03-08T07:59:00Z", "2026-03-08T08:00:00Z"),
      ("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
      ("2026-11-01T06:59:00Z", "2026-11-01T07:00:00Z"),
      ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
      ("2027-03-14T12:00:00Z", "2027-03-15T07:00:00Z"),
    ]
  )
  func days(now: String, end: String) async throws {
    try await TestSandbox.with { sandbox async throws in
      _ = try await sandbox.ask(.post, "/admin/clock", body: #"{"set": "\#(now)"}"#)
      let state = try await sandbox.ask(.get, "/admin/state").json
      #expect(state["youtube"]?["resets_at"]?.text == end)
    }
  }
}

extension TestSandbox {
  /// Where an application sends a browser for consent.
  static func google(_ more: String, redirect: String) -> String {
    "/google/o/oauth2/v2/auth?client_id=sandbox-youtube&response_type=code&access_type=offline"
      + "&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fyoutube.readonly"
      + "&redirect_uri=\(redirect.percentEncoded)\(more)"
  }

  /// An access token of a creator on YouTube.
  func signIn(_ creator: String = "ada") async throws -> String {
    let back = "http://a.example/"
    let path = Self.google("&auto=approve&account=\(creator)", redirect: back)
    let place = try #require(try await ask(.get, path).headers["location"])
    let code = try #require(Parameters(String(place.dropFirst(back.count + 1)))["code"])
    let form =
      "grant_type=authorization_code&client_id=sandbox-youtube&client_secret=sandbox-secret"
      + "&redirect_uri=\(back.percentEncoded)&code=\(code.percentEncoded)"
    let type = "application/x-www-form-urlencoded"
    let answer = try await ask(.post, "/google/token", body: form, type: type)
    return try #require(answer.json["access_token"]?.text)
  }

  /// A page of uploads.
  func uploads(
    _ token: String,
    of creator: String = "ada",
    totalTime: Duration = .seconds(60)
  ) async throws -> ClientResponse {
    let told = try await ask(.get, "/admin/creators/youtube/\(creator)").json
    let playlist = try #require(told["uploads_playlist"]?.text)
    return try await ask(
      .get,
      "/gapi/youtube/v3/playlistItems?part=snippet,contentDetails&maxResults=50"
        + "&playlistId=\(playlist)",
      headers: ["authorization": "Bearer \(token)"],
      totalTime: totalTime
    )
  }
}
