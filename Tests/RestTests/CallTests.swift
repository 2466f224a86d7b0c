import JSON
import TestSupport
import Testing

@Suite("Calling functions")
struct CallTests {
  @Test("gives scalars, rows and sets of both")
  func results() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case("/rpc/add?a=1&b=2", "3"), Case("/rpc/greet", #""hello you""#),
        Case("/rpc/greet?name=Bo&loud=true", #""HELLO BO""#),
        Case("/rpc/numbers?n=3", "[1,2,3]", range: "0-2/*"),
        Case("/rpc/numbers?n=5&limit=2&offset=1", "[2,3]", range: "1-2/*"),
        Case("/rpc/one_client?p_id=2&select=id,code", #"{"id":2,"code":"B"}"#),
        Case("/rpc/parts?a=7", #"{"half":3,"rest":1}"#),
        Case("/rpc/single_out?a=1", #"{"b":2}"#),
        Case("/rpc/pairs?n=2", #"[{"x":1,"y":"v1"},{"x":2,"y":"v2"}]"#),
        Case("/rpc/total?v=1&v=2", "3"), Case("/rpc/total?v={4,5}", "9"),
        Case("/rpc/count_of?list={1,2,3}", "3"),
        Case("/rpc/twice?n=1", #""int""#), Case("/rpc/twice?t=1", #""text""#),
        Case("POST", "/rpc/add", #"{"a":1,"b":2}"#, 200, json: "3"),
        Case("POST", "/rpc/greet", "{}", 200, json: #""hello you""#),
        Case("POST", "/rpc/greet", 200, json: #""hello you""#),
        Case("POST", "/rpc/total", #"{"v":[1,2,3]}"#, 200, json: "6"),
        Case("POST", "/rpc/count_of", #"{"list":[1,2]}"#, 200, json: "2"),
        Case("POST", "/rpc/echo", #"{"a":[1]}"#, 200, json: #"{"a":[1]}"#),
        Case("POST", "/rpc/echo", "[1,2]", 200, json: "[1,2]"),
        Case(
          "POST",
          "/rpc/echo_text",
          "a\"b",
          ["Content-Type": "text/plain"],
          200,
          json: #""a\"b""#
        ),
        Case(
          "POST",
          "/rpc/echo_bytes",
          "\u{0}\u{1}x",
          ["Content-Type": "application/octet-stream"],
          200,
          json: "3"
        ),
        Case(
          "POST",
          "/rpc/add",
          "a=1&b=5",
          ["Content-Type": "application/x-www-form-urlencoded"],
          200,
          json: "6"
        ),
        Case("POST", "/rpc/nothing", "{}", 204), Case("GET", "/rpc/nothing", 204),
        Case("HEAD", "/rpc/add?a=1&b=2", 200),
        Case("/rpc/add?a=1&b=2", "3", ["Accept": "application/vnd.pgrst.object+json"]),
        Case(
          "/rpc/all_clients?select=id",
          406,
          "PGRST116",
          ["Accept": "application/vnd.pgrst.object+json"]
        ),
      ])
      let nothing = try await rest.send("POST", "/rpc/nothing", "{}")
      #expect(nothing.body.isEmpty)
      let object = try await rest.get("/rpc/one_client?p_id=2")
      #expect(object.headers["content-type"] == "application/json; charset=utf-8")
      let csv = try await rest.get("/rpc/pairs?n=2", ["Accept": "text/csv"])
      #expect(csv.body == "x,y\n1,v1\n2,v2")
    }
  }

  @Test("reads of their rows as of a table's")
  func rows() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case("/rpc/all_clients?select=id&id=gt.2&order=id.desc&limit=1", #"[{"id":4}]"#),
        Case(
          "POST",
          "/rpc/all_clients?select=id,orders(id)&id=eq.2",
          "{}",
          200,
          json: #"[{"id":2,"orders":[{"id":3}]}]"#
        ),
        Case("/rpc/one_client?p_id=2&select=id,orders(id)", #"{"id":2,"orders":[{"id":3}]}"#),
        Case("/rpc/pairs?n=3&x=gt.1&select=x", #"[{"x":2},{"x":3}]"#),
        Case("/rpc/pairs?n=3&or=(x.eq.1,y.eq.v3)&select=x", #"[{"x":1},{"x":3}]"#),
        Case(
          "GET",
          "/rpc/pairs?n=5&limit=2&select=x",
          nil,
          ["Prefer": "count=exact"],
          206,
          json: #"[{"x":1},{"x":2}]"#,
          range: "0-1/5"
        ),
        Case(
          "GET",
          "/rpc/pairs?n=5&limit=2&select=x",
          nil,
          ["Prefer": "count=planned"],
          206,
          range: "0-1/5"
        ),
        Case("HEAD", "/rpc/pairs?n=5", nil, ["Prefer": "count=exact"], 200, range: "0-4/5"),
        Case(
          "GET",
          "/rpc/pairs?n=5&offset=6",
          nil,
          ["Prefer": "count=exact"],
          416,
          code: "PGRST103"
        ),
        Case(
          "POST",
          "/rpc/add_client?select=id",
          #"{"p_id":70,"p_name":"x"}"#,
          200,
          json: #"[{"id":70},{"id":71}]"#
        ),
        Case("/rpc/pairs?n=1&nope=eq.1", 400, "42703"),
        Case("/rpc/numbers?n=1&nope=eq.1", 400, "42703"),
      ])
    }
  }

  @Test("says which function it looked for, or between which it can't choose")
  func unknown() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case("/rpc/add?a=1", 404, "PGRST202"), Case("/rpc/add?a=1&c=3", 404, "PGRST202"),
        Case("/rpc/nope", 404, "PGRST202"),
        Case("POST", "/rpc/add", #"{"a":1,"b":2,"c":3}"#, 404, code: "PGRST202"),
        Case("POST", "/rpc/add", "[1]", 404, code: "PGRST202"),
        Case("POST", "/rpc/add", "x", ["Content-Type": "text/plain"], 404, code: "PGRST202"),
        Case("/rpc/nearer?a=1", #""one""#), Case("/rpc/nearer?a=1&b=1", #""two""#),
        Case("POST", "/rpc/nearer", #"{"a":1}"#, 200, json: #""one""#),
        Case("POST", "/rpc/add", #"{"a":1,"b":2}"#, ["Prefer": "max-affected=1"], 200, json: "3"),
        Case("/rpc/vague?n=1", 300, "PGRST203"),
        Case("POST", "/rpc/vague", #"{"n":1}"#, 300, code: "PGRST203"),
        Case("PUT", "/rpc/add", "{}", 405, code: "PGRST101"),
        Case("DELETE", "/rpc/add", 405, code: "PGRST101"),
        Case("POST", "/rpc/add", "{bad", 400, code: "PGRST102"),
        Case("POST", "/rpc/add", "x", ["Content-Type": "image/png"], 400, code: "PGRST102"),
        Case("/rpc/add?a=x&b=1", 400, "22P02"),
        Case("/rpc/add_client?p_id=9&p_name=x", 405, "25006"),
        Case("HEAD", "/rpc/add_client?p_id=9&p_name=x", 405),
        Case(
          "POST",
          "/rpc/add",
          #"{"a":1,"b":2}"#,
          ["Prefer": "handling=strict,max-affected=1"],
          400,
          code: "PGRST128"
        ),
      ])
      let answer = try await rest.get("/rpc/add?a=1&c=3")
      #expect(
        answer.json["message"] == "Could not find the function public.add(a, c) in the schema cache"
      )
      #expect(answer.json["hint"] == "Perhaps you meant to call the function public.add(a, b)")
      #expect(
        answer.json["details"]
          == "Searched for the function public.add with parameters a, c, but no matches were found in the schema cache."
      )
      #expect(try await rest.get("/clients?id=eq.9").json == [])
    }
  }

  @Test("lets a function choose the status and the headers of its answer")
  func answers() async throws {
    try await RestServer.with { rest in
      let answer = try await rest.send("POST", "/rpc/set_answer", "{}")
      #expect(answer.status == 202)
      #expect(answer.json == "ok")
      #expect(answer.headers["x-made-by"] == "sql")
      #expect(answer.headers["cache-control"] == "no-store")
      let next = try await rest.get("/rpc/greet")
      #expect(next.status == 200)
      #expect(next.headers["x-made-by"] == nil)
    }
  }
}
