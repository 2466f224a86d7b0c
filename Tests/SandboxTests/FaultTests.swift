import HTTPClient
import JSON
import Loop
import Testing
import TestSupport

@testable import sandbox

@Suite("A fault switch")
struct FaultTests {
  private func set(_ fault: String, in sandbox: TestSandbox) async throws {
    let answer = try await sandbox.ask(.post, "/faults", body: fault)
    #expect(answer.status == 200, "\(answer.text)")
  }

  @Test(
    "makes the next mails fail, and no others",
    arguments: [
      (#"{"smtp": {"mode": "fail"}}"#, .deferred, 451),
      (#"{"smtp": {"mode": "fail", "next": 1, "status": 452}}"#, .deferred, 452),
      (#"{"smtp": {"mode": "fail", "status": 554}}"#, .rejected, 554),
      (#"{"smtp": {"mode": "reject"}}"#, .rejected, 550),
      (#"{"smtp": {"mode": "reject", "status": 450}}"#, .deferred, 450),
      (#"{"smtp": {"mode": "drop"}}"#, .disconnected, nil),
    ] as [(String, MailError.Kind, Int?)]
  )
  func fails(fault: String, kind: MailError.Kind, status: Int?) async throws {
    try await TestSandbox.with { sandbox async throws in
      try await set(fault, in: sandbox)
      let error = try #require(try await sandbox.send())
      #expect(error.kind == kind && error.status == status)
      #expect(try await sandbox.inbox().isEmpty)
      #expect(try await sandbox.send() == nil)
      #expect(try await sandbox.inbox().count == 1)
    }
  }

  @Test("makes the next mails hang until their client gives up")
  func hangs() async throws {
    try await TestSandbox.with { sandbox async throws in
      try await set(#"{"smtp": {"mode": "hang", "next": 1}}"#, in: sandbox)
      let start = Instant.now
      let error = try await sandbox.send(totalTime: .milliseconds(500))
      #expect(error?.kind == .timeout && Instant.now - start < .seconds(5))
      #expect(try await sandbox.send() == nil)
      #expect(try await sandbox.inbox().count == 1)
    }
  }

  @Test("counts down, and is shown, replaced and taken back")
  func counts() async throws {
    try await TestSandbox.with { sandbox async throws in
      #expect(try await sandbox.ask(.get, "/faults").text == "{}")
      try await set(#"{"smtp": {"mode": "fail", "next": 3}}"#, in: sandbox)
      _ = try await sandbox.send()
      let shown = #"{"smtp":{"mode":"fail","next":2,"status":null}}"#
      #expect(try await sandbox.ask(.get, "/faults").text == shown)
      try await set(#"{"smtp": {"mode": "reject", "next": 5, "status": 553}}"#, in: sandbox)
      let replaced = #"{"smtp":{"mode":"reject","next":5,"status":553}}"#
      #expect(try await sandbox.ask(.get, "/sandbox/faults").text == replaced)
      try await set(#"{"smtp": null}"#, in: sandbox)
      #expect(try await sandbox.send() == nil)
      for path in ["/faults", "/faults?target=smtp"] {
        try await set(#"{"smtp": {"mode": "fail"}}"#, in: sandbox)
        #expect(try await sandbox.ask(.delete, path).text == "{}")
        #expect(try await sandbox.send() == nil)
      }
    }
  }

  @Test(
    "is refused where it makes no sense, and changes nothing",
    arguments: [
      ("{", 400), ("[]", 422), (#"{"moon": {"mode": "fail"}}"#, 422), (#"{"smtp": 1}"#, 422),
      (#"{"smtp": {}}"#, 422), (#"{"smtp": {"mode": "burn"}}"#, 422),
      (#"{"smtp": {"mode": "fail", "next": 0}}"#, 422),
      (#"{"smtp": {"mode": "fail", "next": "3"}}"#, 422),
      (#"{"smtp": {"mode": "fail", "next": 1.5}}"#, 422),
      (#"{"smtp": {"mode": "fail", "status": 250}}"#, 422),
      (#"{"smtp": {"mode": "fail", "status": 600}}"#, 422),
      (#"{"smtp": {"mode": "fail", "times": 3}}"#, 422),
      (#"{"smtp": {"mode": "fail"}, "x": null}"#, 422),
      (String(repeating: " ", count: 70_000), 413),
    ]
  )
  func isRefused(body: String, status: Int) async throws {
    try await TestSandbox.with { sandbox async throws in
      let answer = try await sandbox.ask(.post, "/faults", body: body)
      #expect(answer.status == status, "\(answer.text)")
      #expect(try await sandbox.ask(.get, "/faults").text == "{}")
    }
  }

  @Test("can't be set by a page of another origin")
  func needsType() async throws {
    try await TestSandbox.with { sandbox async throws in
      for type in ["text/plain", "application/x-www-form-urlencoded"] {
        let body = #"{"smtp": {"mode": "fail"}}"#
        let answer = try await sandbox.ask(.post, "/faults", body: body, type: type)
        #expect(answer.status == 415)
      }
      #expect(try await sandbox.ask(.delete, "/faults?target=x").status == 422)
    }
  }
}
