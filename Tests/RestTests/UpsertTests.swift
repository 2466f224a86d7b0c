import JSON
import TestSupport
import Testing

private let full = ["Prefer": "return=representation"]

@Suite("Writing what may be there")
struct UpsertTests {
  private func with(_ body: (RestServer) async throws -> Void) async throws {
    try await RestServer.with(body)
  }

  @Test("merges where the key may be given and not changed")
  func guarded() async throws {
    let merge = ["Prefer": "resolution=merge-duplicates"]
    let ada = RestServer.Role.user("00000000-0000-4000-8000-00000000000a")
    try await with { rest in
      try await rest.check([
        Case("POST", "/guarded", #"{"id":1,"word":"a"}"#, merge, as: ada, 201),
        Case("POST", "/guarded", #"{"id":1,"word":"b"}"#, merge, as: ada, 200),
        Case("GET", "/guarded", as: ada, 200, json: #"[{"id":1,"word":"b"}]"#),
        Case("PATCH", "/guarded?id=eq.1", #"{"id":2}"#, as: ada, 403, code: "42501"),
      ])
    }
  }

  @Test("merges or ignores duplicates, and says 200 when nothing was new")
  func upserts() async throws {
    func merge(_ more: String = "") -> [String: String] {
      ["Prefer": "resolution=merge-duplicates,return=representation\(more)"]
    }
    let ignore = ["Prefer": "resolution=ignore-duplicates,return=representation"]
    try await with { rest in
      try await rest.check([
        Case(
          "POST",
          "/tags",
          #"{"id":1,"label":"NEW"}"#,
          merge(),
          200,
          json: #"[{"id":1,"label":"NEW"}]"#
        ),
        Case(
          "POST",
          "/tags",
          #"[{"id":1,"label":"n"},{"id":40,"label":"m"}]"#,
          merge(),
          201,
          json: #"[{"id":1,"label":"n"},{"id":40,"label":"m"}]"#
        ),
        Case(
          "POST",
          "/tags",
          #"[{"id":1,"label":"i"},{"id":41,"label":"j"}]"#,
          ignore,
          201,
          json: #"[{"id":41,"label":"j"}]"#
        ),
        Case("POST", "/tags", #"{"id":1,"label":"i"}"#, ignore, 200, json: "[]"),
        Case("POST", "/tags?on_conflict=label", #"{"id":40,"label":"m"}"#, ignore, 200, json: "[]"),
        Case(
          "POST",
          "/tags?on_conflict=label&select=label",
          #"{"label":"m","id":42}"#,
          merge(),
          200,
          json: #"[{"label":"m"}]"#
        ),
        Case("POST", "/tags?on_conflict=nope", #"{"id":1}"#, merge(), 400, code: "42703"),
        Case("POST", "/tags", #"{"id":1}"#, merge(), 200, json: #"[{"id":1,"label":"n"}]"#),
        Case(
          "POST",
          "/order_tags",
          #"[{"order_id":1,"tag_id":1},{"order_id":4,"tag_id":1}]"#,
          merge(),
          201
        ),
        Case("POST", "/tags", "[]", merge(), 201, json: "[]"),
        Case(
          "POST",
          "/tags?columns=id,label",
          #"[{"id":50},{"id":51,"label":"x"}]"#,
          merge(",missing=default"),
          201,
          json: #"[{"id":50,"label":null},{"id":51,"label":"x"}]"#
        ),
      ])
      let answer = try await rest.send("POST", "/tags", #"{"id":1,"label":"n"}"#, merge())
      #expect(
        answer.headers["preference-applied"]
          == "resolution=merge-duplicates, return=representation"
      )
    }
  }

  @Test("puts the one row that the address names")
  func puts() async throws {
    try await with { rest in
      try await rest.check([
        Case("PUT", "/tags?id=eq.70", #"{"id":70,"label":"a"}"#, 201),
        Case("PUT", "/tags?id=eq.70", #"{"id":70,"label":"b"}"#, 204),
        Case(
          "PUT",
          "/tags?id=eq.70",
          #"{"id":70,"label":"c"}"#,
          full,
          200,
          json: #"[{"id":70,"label":"c"}]"#
        ),
        Case(
          "PUT",
          "/tags?id=eq.71",
          #"[{"id":71,"label":"d"}]"#,
          full,
          201,
          json: #"[{"id":71,"label":"d"}]"#
        ),
        Case("PUT", "/rooms?house=eq.1&number=eq.1", #"{"house":1,"number":1,"name":"x"}"#, 204),
        Case("PUT", "/tags?id=eq.72", #"{"id":73,"label":"e"}"#, 400, code: "PGRST115"),
        Case(
          "PUT",
          "/tags?id=eq.74",
          #"[{"id":74},{"id":75}]"#,
          full,
          201,
          json: #"[{"id":74,"label":null}]"#
        ),
        Case("PUT", "/tags?label=eq.x", #"{"id":70}"#, 405, code: "PGRST105"),
        Case("PUT", "/tags", #"{"id":70}"#, 405, code: "PGRST105"),
        Case("PUT", "/tags?id=gt.1", #"{"id":70}"#, 405, code: "PGRST105"),
        Case("PUT", "/tags?id=not.eq.1", #"{"id":70}"#, 405, code: "PGRST105"),
        Case("PUT", "/tags?id=eq.1&label=eq.x", #"{"id":70}"#, 405, code: "PGRST105"),
        Case("PUT", "/rooms?house=eq.1", #"{"house":1}"#, 405, code: "PGRST105"),
        Case("PUT", "/tags?id=eq.70&limit=1", #"{"id":70}"#, 400, code: "PGRST114"),
        Case("/tags?select=id&id=gte.70&order=id", #"[{"id":70},{"id":71},{"id":74}]"#),
      ])
    }
  }
}
