import Testing

@testable import Telemetry

@Suite("Redaction")
struct RedactionTests {
  private static let token =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiI1ZDkifQ.MEUCIQDx-_9sZ3Q"

  @Test(
    "hides secrets and mail addresses, and leaves what stands around them",
    arguments: [
      // JSON web tokens
      (token, "[redacted]"),
      ("token \(token) has expired", "token [redacted] has expired"),
      ("(\(token))", "([redacted])"),
      ("https://a/b#code=x1y2&c=3", "https://a/b#code=[redacted]&c=3"),
      ("a=\(token)&b=1", "a=[redacted]&b=1"),
      ("\(token) \(token)", "[redacted] [redacted]"),
      ("eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn", "[redacted]"),
      ("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "[redacted]"),
      ("x\(token)", "x[redacted]"),
      ("cut eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQeyJz", "cut [redacted]"),
      // credentials
      ("Authorization: Bearer sbp_0102030405", "Authorization: Bearer [redacted]"),
      ("authorization: bearer abcdefghijk", "authorization: bearer [redacted]"),
      ("BEARER   a1", "BEARER   [redacted]"),
      ("Bearer%20Zm9vYmFy%3D end", "Bearer%20[redacted] end"),
      ("Bearer+Zm9vYmFy", "Bearer+[redacted]"),
      ("Basic dXNlcjpwYXNz, more", "Basic [redacted], more"),
      // user information in URLs
      (
        "postgres://edge:pa55@db:5432/app?sslmode=require",
        "postgres://[redacted]@db:5432/app?sslmode=require"
      ),
      ("postgres://edge:pa@55@db/app", "postgres://[redacted]@db/app"),
      ("postgres://edge:pa/55@db/app", "postgres://[redacted]@db/app"),
      ("redis://:pa55@cache", "redis://[redacted]@cache"),
      (
        "see https://u@h.example/x and https://h.example",
        "see https://[redacted]@h.example/x and https://h.example"
      ),
      // parameters and members
      ("host=db password=pa55 user=edge", "host=db password=[redacted] user=edge"),
      ("password='pa 55' user=edge", "password='[redacted]' user=edge"),
      ("PGPASSWORD=pa55", "PGPASSWORD=[redacted]"),
      (
        "/callback?code=4%2F0Adeu5&state=xyz&scope=a",
        "/callback?code=[redacted]&state=[redacted]&scope=a"
      ),
      ("/v3/videos?key=AIza0&id=1", "/v3/videos?key=[redacted]&id=1"),
      ("client_secret=GOCSPX-1;x", "client_secret=[redacted];x"),
      ("/x#access_token=ab.cd&type=bearer", "/x#access_token=[redacted]&type=bearer"),
      ("{\"password\":\"hunter2\",\"a\":1}", "{\"password\":\"[redacted]\",\"a\":1}"),
      ("{\"refresh_token\": \"v1.abc\"}", "{\"refresh_token\": \"[redacted]\"}"),
      ("{\"apiKey\": 12345}", "{\"apiKey\": [redacted]}"),
      // keys that say whose they are
      ("using sk_live_51H8xYzABCDEFG now", "using [redacted] now"),
      ("sk-ant-api03-abcdefghij", "[redacted]"),
      ("whsec_MfKQ9r8GKYqrTwjU", "[redacted]"),
      ("AIzaSyA1234567890abcdef", "[redacted]"),
      // mail addresses
      ("alice@example.com", "[redacted]"),
      ("<alice.b+c@mail.example.co.uk>", "<[redacted]>"),
      ("to: alice@example.com, bob@example.org.", "to: [redacted], [redacted]"),
      ("user alice@localhost signed in", "user [redacted] signed in"),
      ("?email=alice%40example.com&x=1", "?email=[redacted]&x=1"),
      ("jürgen@müller.example", "[redacted]"),
      ("o'brien@example.com", "[redacted]"),
      ("\"alice b\"@example.com", "[redacted]"),
      ("mailto:a@[192.0.2.1]", "mailto:[redacted]]"),
      (
        "Key (email)=(alice@example.com) already exists.",
        "Key (email)=([redacted]) already exists."
      ),
    ]
  )
  func hides(text: String, expected: String) {
    #expect(Redaction.redacted(text) == expected)
  }

  @Test(
    "leaves alone what is no secret",
    arguments: [
      "", " ", "a", "@", "eyJ", "Bearer", "Bearer ", "://", "=", "%40", "%4", "%", ":",
      "GET /functions/v1/auth-profile-setup 200", "missing bearer token", "basic functionality",
      "https://www.tiktok.com/@somebody/video/71", "http://127.0.0.1:54321/rest/v1/items?id=eq.5",
      "mention @somebody", "a @ b", "01jv8m2q5r0w9z4c7t1y3x6k8n", "path=/x?limit=10&offset=20",
      "5d9f0c1e-8a57-4c64-9b1e-3f6f0a2d7c11", "invalid token: expired", "eyJ.", "zip code: 12345",
      "http://[::1]:8080/@x", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
      "task-runner risk_level desk-lamp", "2026-02-03T04:05:06.007Z", "100% of a+b = c: d",
      "errorcode=5", "monkey=1", "disk_0123456789abcdef",
    ]
  )
  func leaves(text: String) {
    #expect(Redaction.redacted(text) == text)
  }

  @Test("finds a secret at each offset of a long text")
  func findsEverywhere() {
    for length in 0..<300 {
      let text = String(repeating: "ab ", count: length) + "\(Self.token) z"
      #expect(Redaction.redacted(text) == String(repeating: "ab ", count: length) + "[redacted] z")
    }
  }

  @Test("reads any bytes without leaving its buffer")
  func survivesAnything() {
    var source = Seeded(state: 7)
    let alphabet = Array("eyJ.@%40=: /bBearer\"'sk_pwd&?#\\\u{E9}z[]".utf8) + [0, 0xFF, 0xC2, 0x80]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...24, using: &source)).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &source)]
      }
      bytes.withUnsafeBufferPointer { text in
        var position = 0
        while position < text.count, let secret = Redaction.next(in: text, from: position) {
          #expect(secret.lowerBound >= position && secret.upperBound <= text.count)
          #expect(!secret.isEmpty)
          position = secret.upperBound
        }
      }
    }
  }
}

/// A small generator whose sequence depends on its seed alone (SplitMix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
