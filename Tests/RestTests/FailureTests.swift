import JSON
import Postgres
import TestSupport
import Testing

@testable import rest

@Suite("Errors")
struct FailureTests {
  @Test("have the status of their SQLSTATE")
  func states() async throws {
    let table: [(String, Int)] = [
      ("P0001", 400), ("P0002", 500), ("PT402", 402), ("PT999", 500), ("23505", 409),
      ("23503", 409),
      ("23514", 400), ("22000", 400), ("21000", 400), ("42883", 404), ("42P01", 404),
      ("42P17", 500),
      ("42601", 400), ("08000", 503), ("09000", 500), ("0L000", 403), ("0P000", 403),
      ("25006", 405),
      ("25001", 500), ("28000", 403), ("2D000", 500), ("38000", 500), ("39000", 500),
      ("3B000", 500),
      ("40001", 500), ("53100", 503), ("53400", 500), ("54000", 500), ("55000", 500),
      ("57014", 500),
      ("58000", 500), ("F0000", 500), ("HV000", 500), ("XX000", 500), ("42501", 403),
      ("ZZ000", 400),
    ]
    try await RestServer.with { rest in
      try await rest.check(
        table.map { state, status in
          Case(
            "POST",
            "/rpc/raise",
            #"{"state":"\#(state)","message":"m","detail":"d"}"#,
            status,
            code: state
          )
        }
      )
      let answer = try await rest.send(
        "POST",
        "/rpc/raise",
        #"{"state":"22000","message":"m","detail":"d"}"#
      )
      #expect(answer.json == ["code": "22000", "details": "d", "hint": nil, "message": "m"])
      let anonymous = Case(
        "POST",
        "/rpc/raise",
        #"{"state":"42501","message":"m"}"#,
        as: .anon,
        401,
        code: "42501"
      )
      try await rest.check([anonymous])
    }
  }

  @Test("are what SQL says with the state PGRST")
  func raised() async throws {
    func raise(_ message: String, _ detail: String) -> String {
      let body: JSON = ["state": "PGRST", "message": .string(message), "detail": .string(detail)]
      return String(decoding: body.bytes, as: UTF8.self)
    }
    try await RestServer.with { rest in
      let answer = try await rest.send(
        "POST",
        "/rpc/raise",
        raise(
          #"{"code":"123","message":"Payment","details":"d","hint":"h"}"#,
          #"{"status":402,"headers":{"X-Made-By":"me"}}"#
        )
      )
      #expect(answer.status == 402)
      #expect(answer.json == ["code": "123", "details": "d", "hint": "h", "message": "Payment"])
      #expect(answer.headers["x-made-by"] == "me")
      for (message, detail) in [
        ("m", "{}"), (#"{"code":"1"}"#, #"{"status":402,"headers":{}}"#),
        (#"{"code":"1","message":"m"}"#, "x"),
        (#"{"code":"1","message":"m"}"#, #"{"status":99,"headers":{}}"#),
        (#"{"code":"1","message":"m"}"#, #"{"status":402}"#),
        (#"{"code":1,"message":"m"}"#, #"{"status":402,"headers":{}}"#),
      ] {
        try await rest.check([
          Case("POST", "/rpc/raise", raise(message, detail), 500, code: "PGRST121")
        ])
      }
    }
  }

  @Test("of preferences name what is unknown, where that is asked for")
  func preferences() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case("/tags?select=id&id=eq.1", 400, "PGRST122", ["Prefer": "handling=strict, foo=bar"]),
        Case("/tags?select=id&id=eq.1", #"[{"id":1}]"#, ["Prefer": "handling=lenient, foo=bar"]),
        Case("/tags?select=id&id=eq.1", #"[{"id":1}]"#, ["Prefer": "foo=bar"]),
        Case("/tags", 400, "PGRST122", ["Prefer": "handling=strict, timezone=Mars/Base"]),
        Case(
          "/orders?select=placed_at&id=eq.1",
          #"[{"placed_at":"2026-01-01T11:00:00+01:00"}]"#,
          ["Prefer": "timezone=Europe/Berlin"]
        ),
        Case(
          "/orders?select=placed_at&id=eq.1",
          #"[{"placed_at":"2026-01-01T10:00:00+00:00"}]"#,
          ["Prefer": "timezone=Mars/Base"]
        ),
      ])
      let answer = try await rest.get(
        "/tags",
        ["Prefer": "handling=strict, foo=bar, count=exact, baz"]
      )
      #expect(answer.json["details"] == "Invalid preferences: foo=bar, baz")
      let applied = try await rest.get(
        "/tags",
        ["Prefer": "timezone=Europe/Berlin, handling=strict, count=exact"]
      )
      #expect(
        applied.headers["preference-applied"]
          == "count=exact, handling=strict, timezone=Europe/Berlin"
      )
    }
  }

  @Test("of a database that is away are 503, and none of them is of the client's making")
  func databaseAway() async throws {
    let settings = ["DATABASE_URL": "host=/nonexistent user=authenticator dbname=x"]
    try await RestServer.with(settings: settings) { rest in
      let answer = try await rest.get("/tags")
      #expect(answer.status == 503)
      #expect(answer.json["code"] == "PGRST002")
      #expect(answer.headers["retry-after"] == "1")
    }
    let table: [(PostgresError, Int, String)] = [
      (.unavailable(retryAfter: .seconds(1)), 503, "PGRST000"), (.connectionLost, 503, "PGRST001"),
      (.overloaded, 504, "PGRST003"), (.timeout, 500, "57014"), (.malformed("x"), 500, "PGRSTX00"),
    ]
    for (error, status, code) in table {
      let refusal = Refusal(error, isAnonymous: true)
      #expect(refusal.status == status)
      #expect(refusal.code == code)
    }
  }

  @Test("of what HTTP itself refuses have the same shape")
  func protocolErrors() async throws {
    try await RestServer.with(settings: ["MAX_BODY_BYTES": "10"]) { rest in
      try await rest.check([
        Case("POST", "/tags", #"{"id":100,"label":"x"}"#, 413, code: "PGRST102"),
        Case("BREW", "/tags", 405, code: "PGRST117"),
      ])
    }
  }
}
