import JSON
import TestSupport
import Testing

@Suite("Undoing")
struct UndoTests {
  private func with(_ body: (RestServer) async throws -> Void) async throws {
    try await RestServer.with(body)
  }

  @Test("undoes a write whose answer is not one row, or that touches more than expected")
  func undoes() async throws {
    let single = ["Accept": "application/vnd.pgrst.object+json", "Prefer": "return=representation"]
    let atMost1 = ["Prefer": "handling=strict,max-affected=1"]
    try await with { rest in
      try await rest.check([
        Case(
          "POST",
          "/tags",
          #"{"id":80,"label":"one"}"#,
          single,
          201,
          json: #"{"id":80,"label":"one"}"#
        ),
        Case("POST", "/tags", #"[{"id":81},{"id":82}]"#, single, 406, code: "PGRST116"),
        Case(
          "POST",
          "/tags",
          #"[{"id":81},{"id":82}]"#,
          ["Accept": "application/vnd.pgrst.object+json"],
          406,
          code: "PGRST116"
        ),
        Case("PATCH", "/orders?id=in.(1,2)", #"{"total":99}"#, single, 406, code: "PGRST116"),
        Case("PATCH", "/orders?id=eq.0", #"{"total":99}"#, single, 406, code: "PGRST116"),
        Case("DELETE", "/order_tags?order_id=eq.1", nil, single, 406, code: "PGRST116"),
        Case(
          "POST",
          "/rpc/add_client",
          #"{"p_id":80,"p_name":"x"}"#,
          single,
          406,
          code: "PGRST116"
        ),
        Case("PATCH", "/orders?id=gt.0", #"{"total":99}"#, atMost1, 400, code: "PGRST124"),
        Case("DELETE", "/order_tags?order_id=gt.0", nil, atMost1, 400, code: "PGRST124"),
        Case(
          "POST",
          "/rpc/add_client",
          #"{"p_id":80,"p_name":"x"}"#,
          atMost1,
          400,
          code: "PGRST124"
        ),
        Case(
          "PATCH",
          "/orders?id=gt.0&limit=1&select=id",
          #"{"total":99}"#,
          ["Prefer": "handling=strict,max-affected=1,return=representation"],
          400,
          code: "PGRST124"
        ),
        Case("/tags?id=gt.80", "[]"), Case("/orders?total=eq.99", "[]"),
        Case("/clients?id=gte.80", "[]"),
        Case(
          "/order_tags?select=tag_id&order_id=eq.1&order=tag_id",
          #"[{"tag_id":1},{"tag_id":2}]"#
        ),
        Case("PATCH", "/orders?id=eq.1", #"{"total":98}"#, atMost1, 204),
        Case(
          "PATCH",
          "/orders?id=eq.0",
          #"{"total":98}"#,
          ["Prefer": "handling=strict,max-affected=0"],
          204
        ),
        Case("PATCH", "/orders?id=gt.0", #"{"total":97}"#, ["Prefer": "max-affected=1"], 204),
      ])
    }
  }

  @Test(
    "undoes what a function has written when it asks for a status or headers that can't be given"
  )
  func answers() async throws {
    let cases = [
      ("PGRST112", "many", ""),
      ("PGRST112", "99", ""),
      ("PGRST112", "199", ""),
      ("PGRST112", "600", ""),
      ("PGRST112", "+200", ""),
      ("PGRST112", "200\n", ""),
      ("PGRST111", "", "{"),
      ("PGRST111", "", "null"),
      ("PGRST111", "", #"{"a": "1"}"#),
      ("PGRST111", "", "[1]"),
      ("PGRST111", "", "[null]"),
      ("PGRST111", "", "[{}]"),
      ("PGRST111", "", "[[]]"),
      ("PGRST111", "", #"[["a"]]"#),
      ("PGRST111", "", #"[{"a": 1}]"#),
      ("PGRST111", "", #"[{"a": null}]"#),
      ("PGRST111", "", #"[{"a": "1", "b": "2"}]"#),
      ("PGRST111", "", #"[{"a": "1"}, "b"]"#),
      ("PGRST111", "", #"[{"a": "\u0000"}]"#),
      ("PGRST111", "", #"[{"a": "\ud800"}]"#),
      ("PGRST111", "202", "[1]"),
      ("PGRST112", "0", #"[{"a": "1"}]"#),
    ]
    try await with { rest in
      for (code, status, headers) in cases {
        let body: JSON = ["p_tag": 85, "p_status": .string(status), "p_headers": .string(headers)]
        let text = String(decoding: body.bytes, as: UTF8.self)
        let answer = try await rest.send("POST", "/rpc/answer_with", text)
        #expect(answer.status == 500, "\(status) \(headers)")
        #expect(answer.json["code"] == .string(code), "\(status) \(headers)")
        #expect(answer.headers["proxy-status"] == "PostgREST; error=\(code)")
        #expect(try await rest.get("/tags?id=eq.85").json == [], "\(status) \(headers)")
      }
    }
  }

  @Test("keeps what a function has written whose answer can be given")
  func keeps() async throws {
    try await with { rest in
      let twice = #"{"p_tag":85,"p_status":"201","p_headers":"[{\"X-A\": \"1\", \"X-A\": \"2\"}]"}"#
      let answer = try await rest.send("POST", "/rpc/answer_with", twice)
      #expect(answer.status == 201)
      #expect(answer.headers["x-a"] == "2")
      let none = try await rest.send("POST", "/rpc/answer_with", #"{"p_tag":86,"p_headers":"[]"}"#)
      #expect(none.status == 200)
      #expect(try await rest.get("/tags?id=gte.85&select=id").json == [["id": 85], ["id": 86]])
    }
  }

  @Test("undoes a write for tx=rollback where that is allowed, and else keeps it")
  func rollsBack() async throws {
    let headers = ["Prefer": "tx=rollback,return=representation"]
    try await RestServer.with(settings: ["REST_TX_ROLLBACK": "on"]) { rest in
      let answer = try await rest.send("POST", "/tags", #"{"id":90,"label":"x"}"#, headers)
      #expect(answer.status == 201)
      #expect(answer.json == [["id": 90, "label": "x"]])
      #expect(answer.headers["preference-applied"] == "return=representation, tx=rollback")
      #expect(try await rest.get("/tags?id=eq.90").json == [])
      let kept = try await rest.send("POST", "/tags", #"{"id":91}"#, ["Prefer": "tx=commit"])
      #expect(kept.headers["preference-applied"] == "tx=commit")
      #expect(try await rest.get("/tags?id=eq.91&select=id").json == [["id": 91]])
    }
    try await with { rest in
      let answer = try await rest.send("POST", "/tags", #"{"id":90,"label":"x"}"#, headers)
      #expect(answer.headers["preference-applied"] == "return=representation")
      #expect(try await rest.get("/tags?id=eq.90&select=id").json == [["id": 90]])
    }
  }
}
