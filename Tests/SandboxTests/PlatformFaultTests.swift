import HTTPClient
import JSON
import Loop
import Testing
import TestSupport

@testable import sandbox

@Suite("A platform's failure")
struct PlatformFaultTests {
  /// The statuses of so many calls; 0 for one that got no whole answer.
  private func statuses(
    _ count: Int,
    with fault: String,
    target: String = "youtube"
  ) async throws -> [Int] {
    try await TestSandbox.with { sandbox async throws in
      let token = try await sandbox.signIn()
      let body = #"{"\#(target)": \#(fault)}"#
      let set = try await sandbox.ask(.post, "/faults", body: body)
      #expect(set.status == 200, "\(set.text)")
      var statuses: [Int] = []
      for _ in 0..<count {
        let time: Duration = .seconds(fault.contains("hang") && statuses.isEmpty ? 2 : 60)
        statuses.append((try? await sandbox.uploads(token, totalTime: time).status) ?? 0)
      }
      return statuses
    }
  }

  @Test(
    "strikes the calls that it is meant for",
    arguments: [
      (#"{"mode": "error", "name": "backendError"}"#, [500, 200, 200, 200]),
      (#"{"mode": "error", "name": "quotaExceeded", "next": 2}"#, [403, 403, 200, 200]),
      (#"{"mode": "error", "name": "quotaExceeded", "status": 429}"#, [429, 200, 200, 200]),
      (#"{"mode": "fail", "next": 3, "after": 1}"#, [200, 503, 503, 503]),
      (#"{"mode": "reject"}"#, [403, 200, 200, 200]),
      (#"{"mode": "fail", "path": "videos"}"#, [200, 200, 200, 200]),
      (#"{"mode": "fail", "path": "playlistItems"}"#, [503, 200, 200, 200]),
      (#"{"mode": "fail", "share": 1}"#, [503, 503, 503, 503]),
      (#"{"mode": "fail", "share": 1, "next": 2}"#, [503, 503, 200, 200]),
      (#"{"mode": "fail", "share": 0}"#, [200, 200, 200, 200]),
      (#"{"mode": "drop"}"#, [0, 200, 200, 200]), (#"{"mode": "hang"}"#, [0, 200, 200, 200]),
      (
        #"[{"mode": "fail"}, {"mode": "error", "name": "backendError"}, {"mode": "drop"}]"#,
        [503, 500, 0, 200]
      ),
    ] as [(String, [Int])]
  )
  func strikes(fault: String, expected: [Int]) async throws {
    #expect(try await statuses(expected.count, with: fault) == expected)
  }

  @Test("strikes about the share of calls that it is given")
  func share() async throws {
    let seen = try await statuses(80, with: #"{"mode": "fail", "share": 0.25, "seed": 7}"#)
    #expect((10...30).contains(seen.count { $0 == 503 }))
    #expect(seen == (try await statuses(80, with: #"{"mode": "fail", "share": 0.25, "seed": 7}"#)))
  }

  @Test("of signing in leaves the API alone, and that of another platform too")
  func leaves() async throws {
    for (target, fault) in [
      ("google", #"{"mode": "error", "name": "token.invalid_grant"}"#),
      ("tiktok", #"{"mode": "fail"}"#), ("instagram", #"{"mode": "fail"}"#),
    ] {
      #expect(try await statuses(1, with: fault, target: target) == [200])
    }
  }

  @Test("waits, and sends a body in pieces")
  func isSlow() async throws {
    try await TestSandbox.with { sandbox async throws in
      let token = try await sandbox.signIn()
      let whole = try await sandbox.uploads(token).body
      for fault in [
        #"{"mode": "delay", "milliseconds": 4000}"#, #"{"mode": "slow", "milliseconds": 200}"#,
      ] {
        _ = try await sandbox.ask(.post, "/faults", body: #"{"youtube": \#(fault)}"#)
        let start = Instant.now
        #expect(try await sandbox.uploads(token).body == whole)
        #expect(Instant.now - start >= .milliseconds(3900))
      }
    }
  }

  @Test("says when to come back")
  func retries() async throws {
    try await TestSandbox.with { sandbox async throws in
      let token = try await sandbox.signIn()
      let fault = #"{"youtube": {"mode": "fail", "retry_after": 17}}"#
      _ = try await sandbox.ask(.post, "/faults", body: fault)
      #expect(try await sandbox.uploads(token).headers["retry-after"] == "17")
    }
  }

  @Test("loses the answer of what was done all the same")
  func losesAnswer() async throws {
    try await TestSandbox.with { sandbox async throws in
      _ = try await sandbox.ask(.post, "/faults", body: #"{"google": {"mode": "drop"}}"#)
      await #expect(throws: ClientError.self) { try await sandbox.signIn() }
      let state = try await sandbox.ask(.get, "/admin/state").json
      #expect(state["live_tokens"]?["youtube"] == 2)
    }
  }

  @Test("answers what no platform would, and the next call is well", arguments: Hostility.allCases)
  func isHostile(hostility: Hostility) async throws {
    try await TestSandbox.with { sandbox async throws in
      let token = try await sandbox.signIn("page-plus")
      let good = try await sandbox.uploads(token, of: "page-plus")
      let fault = #"{"youtube": {"mode": "hostile", "name": "\#(hostility.rawValue)"}}"#
      _ = try await sandbox.ask(.post, "/faults", body: fault)
      let bad = try await sandbox.uploads(token, of: "page-plus")
      #expect(bad.status == 200 && bad.body != good.body)
      #expect(try await sandbox.uploads(token, of: "page-plus").body == good.body)
      let items = good.items
      switch hostility {
      case .huge: #expect(bad.body.count > 10 << 20 && bad.items == items)
      case .html: #expect(bad.headers["content-type"]?.hasPrefix("text/html") == true)
      case .empty: #expect(bad.body.isEmpty)
      case .truncated, .notUTF8, .deep, .nul, .loneSurrogate:
        #expect(bad.json == .null && !bad.body.isEmpty)
      case .list: #expect(bad.json == .array([good.json]))
      case .duplicateIDs: #expect(bad.items == items + [items[0]])
      case .endless:
        #expect(bad.items == items && bad.json["nextPageToken"] != good.json["nextPageToken"])
      case .missingFields: #expect(bad.items == [[:]] + items.dropFirst())
      case .missingID, .nulls, .wrongTypes, .hugeNumbers, .negativeNumbers, .longText, .badTimes:
        #expect(bad.items.count == items.count && bad.items.dropFirst() == items.dropFirst())
        #expect(bad.items[0] != items[0])
      }
    }
  }
}

extension ClientResponse {
  /// The items of a page; none when there is no page.
  fileprivate var items: [JSON] {
    if case .array(let items)? = json["items"] { items } else { [] }
  }
}
