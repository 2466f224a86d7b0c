import Core
import HTTP
import HTTPClient
import JSON
import Loop
import Postgres
import TestSupport
import Testing

@testable import Platforms

@Suite("What platforms' refusals mean") struct FailureTests {
  @Test(
    "YouTube's day begins at midnight in California, in summer and in winter",
    arguments: [
      ("2026-11-24T12:00:00Z", "2026-11-25T08:00:00Z"),
      ("2026-07-01T06:59:59Z", "2026-07-01T07:00:00Z"),
      ("2026-07-01T07:00:00Z", "2026-07-02T07:00:00Z"),
      // the clock goes forward on 8 March and back on 1 November
      ("2026-03-08T07:59:00Z", "2026-03-08T08:00:00Z"),
      ("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
      ("2026-11-01T06:59:00Z", "2026-11-01T07:00:00Z"),
      ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
    ]
  )
  func pacificMidnight(now: String, midnight: String) throws {
    let now = try #require(Timestamp(now))
    #expect(YouTubeFailures.pacificMidnight(after: now) == Timestamp(midnight))
  }

  @Test(
    "each platform's code says what to do",
    arguments: [
      Case(
        .youtube,
        403,
        #"{"error":{"errors":[{"reason":"rateLimitExceeded"}]}}"#,
        .retry(after: nil)
      ),
      Case(.youtube, 401, #"{"error":{"errors":[{"reason":"authError"}]}}"#, .reauth),
      Case(
        .youtube,
        403,
        #"{"error":{"details":[{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}"#,
        .missingScopes(Platform.youtube.requiredScopes)
      ),
      Case(.youtube, 403, #"{"error":{"errors":[{"reason":"channelClosed"}]}}"#, .permanent),
      Case(.youtube, 503, "<html>", .retry(after: nil)),
      Case(.youtube, 404, "{}", .permanent),
      Case(.instagram, 400, #"{"error":{"code":190,"error_subcode":463}}"#, .reauth),
      Case(.instagram, 500, #"{"error":{"code":2,"is_transient":true}}"#, .retry(after: nil)),
      Case(.instagram, 400, #"{"error":{"code":999,"is_transient":true}}"#, .retry(after: nil)),
      Case(.instagram, 400, #"{"error":{"code":100}}"#, .permanent),
      Case(
        .instagram,
        403,
        #"{"error":{"code":10}}"#,
        .missingScopes(Platform.instagram.requiredScopes)
      ),
      Case(.tiktok, 401, #"{"data":{},"error":{"code":"access_token_invalid"}}"#, .reauth),
      Case(.tiktok, 200, #"{"data":{},"error":{"code":"access_token_invalid"}}"#, .reauth),
      Case(.tiktok, 500, #"{"data":{},"error":{"code":"internal_error"}}"#, .retry(after: nil)),
      Case(
        .tiktok,
        401,
        #"{"data":{},"error":{"code":"scope_not_authorized"}}"#,
        .missingScopes(Platform.tiktok.requiredScopes)
      ),
    ]
  )
  func kinds(_ refusal: Case) throws {
    let response = ClientResponse(status: refusal.status, body: Array(refusal.body.utf8))
    let failure = try #require(refusal.platform.refusal(in: response))
    #expect(failure.kind == refusal.kind)
  }

  @Test(
    "YouTube's reasons without a row of the sandbox's",
    arguments: [
      (400, ["missingRequiredParameter", "invalidFilters", "unexpectedParameter"], .permanent),
      (401, ["ACCESS_TOKEN_EXPIRED", "UNAUTHENTICATED"], .reauth),
      (403, ["userRateLimitExceeded", "concurrentLimitExceeded"], .retry(after: nil)),
      (403, ["forbidden", "accountDelegationForbidden"], .reauth),
      (
        403, ["authenticatedUserAccountSuspended", "channelClosed", "channelSuspended"], .permanent
      ),
      (403, ["accessNotConfigured", "playlistItemsNotAccessible"], .permanent),
      (403, ["watchHistoryNotAccessible"], .permanent),
      (404, ["channelNotFound", "videoNotFound"], .permanent),
      (429, ["rateLimitExceeded", "RATE_LIMIT_EXCEEDED"], .retry(after: nil)),
      (503, ["SERVICE_UNAVAILABLE", "UNAVAILABLE"], .retry(after: nil)),
    ] as [(Int, [String], PlatformFailure.Kind)]
  )
  func reasons(status: Int, reasons: [String], kind: PlatformFailure.Kind) throws {
    for reason in reasons {
      let body = #"{"error":{"code":\#(status),"errors":[{"reason":"\#(reason)"}]}}"#
      let failure = YouTubeFailures.refusal(in: ClientResponse(body, status: status))
      #expect(failure?.kind == kind, "\(reason)")
      #expect(failure?.code == reason)
    }
  }

  @Test(
    "Instagram's codes without a row of the sandbox's",
    arguments: [
      ([102], .reauth), ([3, 200, 299], .missingScopes(Platform.instagram.requiredScopes)),
      ([32, 341, 368, 613, 80001], .quota(resets: Timestamp(unixSeconds: 1_800_003_600))),
      ([1], .retry(after: nil)), ([803, 300, 12], .permanent),
    ] as [([Int], PlatformFailure.Kind)]
  )
  func codes(codes: [Int], kind: PlatformFailure.Kind) throws {
    let now = Timestamp(unixSeconds: 1_800_000_000)
    for code in codes {
      let response = ClientResponse(#"{"error":{"code":\#(code)}}"#, status: 400)
      #expect(InstagramFailures.refusal(in: response, at: now)?.kind == kind, "\(code)")
    }
  }

  @Test("what is a success is no refusal", arguments: Platform.allCases)
  func successes(_ platform: Platform) {
    let body = Array(#"{"data":{},"error":{"code":"ok"}}"#.utf8)
    let response = ClientResponse(status: 200, body: platform == .instagram ? [] : body)
    #expect(platform.refusal(in: response) == nil)
  }

  @Test(
    "a platform says in seconds or with a date when to come back, in a day at most",
    arguments: [
      ("120", 120), ("0", 0), ("90000", 86_400), ("-1", nil), ("soon", nil),
      ("Sun, 06 Nov 1994 08:51:37 GMT", 120), ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
      ("Tue, 08 Nov 1994 08:49:37 GMT", 86_400), ("Sun, 06 Nov 1994", nil),
    ] as [(String, Int?)]
  )
  func waits(text: String, seconds: Int?) {
    let response = ClientResponse(status: 503, headers: ["Retry-After": text])
    let now = Timestamp(unixSeconds: 784_111_777)
    #expect(response.retryAfter(at: now) == seconds.map { .seconds($0) })
  }

  @Test("Instagram's limit lasts as long as its head says, an hour when it says nothing")
  func instagramLimit() throws {
    let now = Timestamp(unixSeconds: 1_800_000_000)
    let body = Array(#"{"error":{"code":80002}}"#.utf8)
    let usage = #"{"1":[{"type":"instagram","estimated_time_to_regain_access":12}]}"#
    let told = ClientResponse(
      status: 400,
      headers: ["X-Business-Use-Case-Usage": usage],
      body: body
    )
    let untold = ClientResponse(status: 400, body: body)
    #expect(
      InstagramFailures.refusal(in: told, at: now)?.kind
        == .quota(resets: Timestamp(unixSeconds: 1_800_000_720))
    )
    #expect(
      InstagramFailures.refusal(in: untold, at: now)?.kind
        == .quota(resets: Timestamp(unixSeconds: 1_800_003_600))
    )
  }

  @Test(
    "Instagram is asked no more once 95 percent of a limit are used",
    arguments: [
      (
        #"{"1":[{"type":"instagram","call_count":94,"total_cputime":3,"total_time":94}]}"#, "{}",
        nil
      ),
      (
        #"{"1":[{"call_count":1}],"2":[{"total_time":95,"estimated_time_to_regain_access":7}]}"#,
        #"{"call_count":5}"#, 420
      ),
      (#"{"1":[{"call_count":95,"estimated_time_to_regain_access":0}]}"#, "{}", 3600),
      ("{}", #"{"call_count":2,"total_cputime":130,"total_time":1}"#, 3600),
      ("[", "none", nil), (#"{"1":{"call_count":99}}"#, "99", nil),
    ] as [(String, String, Int?)]
  )
  func instagramUsage(account: String, app: String, wait: Int?) async throws {
    let headers: HeaderFields = ["X-Business-Use-Case-Usage": account, "X-App-Usage": app]
    let now = Timestamp(unixSeconds: 1_800_000_000)
    let response = ClientResponse(status: 200, headers: headers, body: Array(#"{"data":[]}"#.utf8))
    let pause = InstagramFailures.pause(after: response, at: now)
    #expect(pause?.kind == wait.map { .quota(resets: now.advanced(by: .seconds($0))) })
    // The answer itself is good; it is the next call that is not made.
    try await onLoop { () async throws in
      let transport = StubTransport { _ throws(ClientError) in response }
      let client = AccountClient(.instagram, transport)
      let request = ClientRequest(.get, "https://platform.example/")
      #expect(try await client.send { _ in request }.status == 200)
      let next = try? await client.send { _ in request }
      #expect((next == nil) == (wait != nil))
      #expect(transport.requests.count == (wait == nil ? 2 : 1))
    }
  }

  @Test("a client is told what to do")
  func answers() {
    let quota = PlatformFailure(
      .youtube,
      .quota(resets: Timestamp.now.advanced(by: .seconds(100))),
      code: "q",
      "m"
    )
    #expect(quota.failure.code == .providerQuota)
    let wait = quota.failure.headers.first { "\($0.name)" == "retry-after" }?.value
    #expect(wait == "100" || wait == "99")
    let scopes = PlatformFailure(.tiktok, .missingScopes(["video.list"]), code: "s", "m").failure
    #expect(scopes.code == .scopeMissing)
    #expect(scopes.details?["scopes"] == ["video.list"])
    #expect(scopes.details?["relink"] == "POST /functions/v1/oauth-tiktok-init")
    #expect(PlatformFailure(.tiktok, .reauth, code: "r", "m").failure.code == .reauthRequired)
    #expect(PlatformFailure(.tiktok, .permanent, code: "r", "m").failure.code == .upstreamFailed)
  }

  @Test("a platform that does not answer in time is told from one that can't be reached")
  func timeouts() async throws {
    for (kind, code) in [
      (ClientError.Kind.timeout, ErrorCode.upstreamTimeout), (.refused, .upstreamFailed),
      (.disconnected, .upstreamFailed), (.tls, .upstreamFailed),
    ] {
      let failure = try await onLoop {
        let transport = StubTransport { _ throws(ClientError) in throw ClientError(kind) }
        let client = AccountClient(.tiktok, transport)
        return await #expect(throws: PlatformFailure.self) {
          try await client.send { _ in ClientRequest(.get, "https://platform.example/") }
        }
      }
      #expect(failure?.failure.code == code)
      #expect(failure?.kind == .retry(after: nil))
    }
  }

  struct Case: Sendable {
    let platform: Platform
    let status: Int
    let body: String
    let kind: PlatformFailure.Kind

    init(_ platform: Platform, _ status: Int, _ body: String, _ kind: PlatformFailure.Kind) {
      self.platform = platform
      self.status = status
      self.body = body
      self.kind = kind
    }
  }
}
