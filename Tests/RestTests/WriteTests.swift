import JSON
import TestSupport
import Testing

private let full = ["Prefer": "return=representation"]

@Suite("Writing")
struct WriteTests {
  private func with(_ body: (RestServer) async throws -> Void) async throws {
    try await RestServer.with(body)
  }

  @Test("inserts one row or many, and shows them when that is preferred")
  func inserts() async throws {
    try await with { rest in
      try await rest.check([
        Case("POST", "/tags", #"{"id":10,"label":"a"}"#, 201, range: "*/*"),
        Case(
          "POST",
          "/tags",
          #"[{"id":11,"label":"b"},{"label":"c","id":12}]"#,
          full,
          201,
          json: #"[{"id":11,"label":"b"},{"id":12,"label":"c"}]"#,
          range: "*/*"
        ),
        Case(
          "POST",
          #"/tags?columns="label","id""#,
          #"[{"id":13,"label":"d","x":1},{"id":14}]"#,
          ["Prefer": "return=representation,count=exact"],
          201,
          json: #"[{"id":13,"label":"d"},{"id":14,"label":null}]"#,
          range: "*/2"
        ),
        Case(
          "POST",
          "/tags?select=l:label",
          #"{"id":15,"label":"e"}"#,
          full,
          201,
          json: #"[{"l":"e"}]"#
        ),
        Case(
          "POST",
          "/orders?select=total,clients(name)",
          #"{"client_id":1,"total":5}"#,
          full,
          201,
          json: #"[{"total":5,"clients":{"name":"Ada, Countess"}}]"#
        ),
        Case("POST", "/tags", "[]", full, 201, json: "[]"), Case("POST", "/tags", "[]", 201),
        Case(
          "POST",
          "/clients?select=tags,data,mood",
          #"{"id":50,"name":"n","tags":["a","b"],"data":{"x":[1]},"mood":"sad"}"#,
          full,
          201,
          json: #"[{"tags":["a","b"],"data":{"x":[1]},"mood":"sad"}]"#
        ),
        Case(
          "POST",
          #"/Odd "Name?select="a.b",select"#,
          #"{"a.b":7,"c d":"x"}"#,
          full,
          201,
          json: #"[{"a.b":7,"select":"kept"}]"#
        ),
        Case(
          "POST",
          "/tags",
          "id=60&label=form+x",
          ["Content-Type": "application/x-www-form-urlencoded", "Prefer": "return=representation"],
          201,
          json: #"[{"id":60,"label":"form x"}]"#
        ),
        Case(
          "POST",
          "/tags",
          "id,label\n61,\"a,b\"\n62,NULL\n",
          ["Content-Type": "text/csv", "Prefer": "return=representation"],
          201,
          json: #"[{"id":61,"label":"a,b"},{"id":62,"label":null}]"#
        ),
        Case(
          "POST",
          "/order_view?select=buyer",
          #"{"id":90,"buyer":1,"total":3}"#,
          full,
          201,
          json: #"[{"buyer":1}]"#
        ),
      ])
      let minimal = try await rest.send("POST", "/tags", #"{"id":70,"label":"x"}"#)
      #expect(minimal.body.isEmpty)
      #expect(minimal.headers["content-type"] == nil)
      #expect(minimal.headers["preference-applied"] == nil)
    }
  }

  @Test("refuses bodies that do not fit")
  func refusals() async throws {
    try await with { rest in
      try await rest.check([
        Case("POST", "/tags", #"[{"id":20},{"label":"x"}]"#, 400, code: "PGRST102"),
        Case("POST", "/tags", "{bad", 400, code: "PGRST102"),
        Case("POST", "/tags", "", 400, code: "PGRST102"),
        Case("POST", "/tags", "[1]", 400, code: "PGRST102"),
        Case("POST", "/tags", "7", 400, code: "PGRST102"),
        Case("POST", "/tags", #"{"id":20,"nope":1}"#, 400, code: "PGRST204"),
        Case("POST", "/tags?columns=id,nope", #"{"id":20}"#, 400, code: "PGRST204"),
        Case("PATCH", "/tags?id=eq.1", #"{"nope":1}"#, 400, code: "PGRST204"),
        Case("POST", "/tags", "x", ["Content-Type": "text/html"], 400, code: "PGRST102"),
        Case("POST", "/tags", #"{"id":1,"label":"z"}"#, 409, code: "23505"),
        Case("POST", "/invoices", #"{"order_id":99,"number":"x"}"#, 409, code: "23503"),
        Case("POST", "/invoices", #"{"order_id":2}"#, 400, code: "23502"),
        Case("POST", "/clients", #"{"id":90,"name":"n","code":"too long"}"#, 400, code: "22001"),
        Case(
          "POST",
          "/clients",
          #"{"id":90,"name":"n","note":"a text of more than twenty"}"#,
          400,
          code: "23514"
        ),
        Case("POST", "/clients", #"{"id":90,"name":"n","words":"x"}"#, 400, code: "428C9"),
        Case("DELETE", "/addresses?id=eq.1", 409, code: "23503"),
        Case("POST", "/tags?select=nope", #"{"id":20}"#, full, 400, code: "42703"),
      ])
      #expect(try await rest.get("/tags?id=eq.20").json == [])
    }
  }

  @Test("gives absent columns null, or with missing=default their default")
  func defaults() async throws {
    let missing = ["Prefer": "missing=default, return=representation"]
    try await with { rest in
      try await rest.check([
        Case(
          "POST",
          "/defaults?columns=a,b&select=a,b",
          #"[{"a":"1"},{"b":"2"},{}]"#,
          full,
          201,
          json: #"[{"a":"1","b":null},{"a":null,"b":"2"},{"a":null,"b":null}]"#
        ),
        Case(
          "POST",
          "/defaults?columns=a,b&select=a,b",
          #"[{"a":"1"},{"b":"2"},{}]"#,
          missing,
          201,
          json: #"[{"a":"1","b":"B"},{"a":"A","b":"2"},{"a":"A","b":"B"}]"#
        ),
        Case(
          "POST",
          "/defaults?select=a,b",
          #"[{"b":"1","a":"0"},{"a":"1","b":null},{"c":"x"}]"#,
          missing,
          201,
          json: #"[{"a":"0","b":"1"},{"a":"1","b":null},{"a":"A","b":"B"}]"#
        ),
        Case("POST", "/defaults?select=a,b", "{}", full, 201, json: #"[{"a":"A","b":"B"}]"#),
        Case(
          "POST",
          "/defaults?select=a,b",
          "[{},{}]",
          full,
          201,
          json: #"[{"a":"A","b":"B"},{"a":"A","b":"B"}]"#
        ),
        Case(
          "PATCH",
          "/defaults?id=eq.1&columns=a,b&select=a,b",
          #"{"b":"new"}"#,
          missing,
          200,
          json: #"[{"a":"A","b":"new"}]"#
        ),
        Case(
          "PATCH",
          "/defaults?id=eq.1&columns=a,b&select=a,b",
          #"{"b":"new"}"#,
          full,
          200,
          json: #"[{"a":null,"b":"new"}]"#
        ),
        Case(
          "PATCH",
          "/defaults?id=eq.1&columns=b&select=a,b",
          "{}",
          missing,
          200,
          json: #"[{"a":null,"b":"B"}]"#
        ),
      ])
      let answer = try await rest.send("POST", "/defaults", #"{"a":"z"}"#, missing)
      #expect(answer.headers["preference-applied"] == "missing=default, return=representation")
    }
  }

  @Test("says where a new row is with return=headers-only")
  func location() async throws {
    let headers = ["Prefer": "return=headers-only"]
    try await with { rest in
      let answer = try await rest.send("POST", "/tags", #"{"id":30,"label":"x"}"#, headers)
      #expect(answer.status == 201)
      #expect(answer.body.isEmpty)
      #expect(answer.headers["location"] == "/tags?id=eq.30")
      #expect(answer.headers["preference-applied"] == "return=headers-only")
      let pair = try await rest.send("POST", "/order_tags", #"{"order_id":4,"tag_id":1}"#, headers)
      #expect(pair.headers["location"] == "/order_tags?order_id=eq.4&tag_id=eq.1")
      let odd = try await rest.send("POST", #"/Odd "Name"#, #"{"a.b":9}"#, headers)
      #expect(odd.headers["location"] == "/Odd%20%22Name?a.b=eq.9")
      let two = try await rest.send("POST", "/tags", #"[{"id":31},{"id":32}]"#, headers)
      #expect(two.headers["location"] == nil)
    }
  }

  @Test("updates what the filters choose, whatever the order and the limit")
  func updates() async throws {
    try await with { rest in
      try await rest.check([
        Case("PATCH", "/orders?id=eq.1", #"{"total":11}"#, 204, range: "0-0/*"),
        Case(
          "PATCH",
          "/orders?id=in.(1,2)&select=id,total&order=id.desc",
          #"{"total":12}"#,
          ["Prefer": "return=representation,count=exact"],
          200,
          json: #"[{"id":2,"total":12},{"id":1,"total":12}]"#,
          range: "0-1/2"
        ),
        Case("PATCH", "/orders?id=eq.99", #"{"total":1}"#, full, 200, json: "[]", range: "*/*"),
        Case("PATCH", "/orders?id=eq.99", #"{"total":1}"#, 204, range: "*/*"),
        Case("PATCH", "/orders?id=eq.1", "{}", full, 200, json: "[]"),
        Case("PATCH", "/orders", "{}", 204),
        Case("PATCH", "/orders", #"{"total":1}"#, 400, code: "21000"),
        Case("PATCH", "/orders?limit=1", #"{"total":1}"#, 400, code: "21000"),
        Case("PATCH", "/orders?id=eq.1", "[]", 204),
        Case(
          "PATCH",
          "/orders?id=gt.0&order=id&limit=1&select=id,total",
          #"{"total":13}"#,
          full,
          200,
          json: #"[{"id":1,"total":13}]"#
        ),
        Case(
          "/orders?select=total&total=eq.13",
          #"[{"total":13},{"total":13},{"total":13},{"total":13}]"#
        ),
        Case(
          "PATCH",
          "/orders?or=(id.eq.1,id.eq.2)&select=id&order=id",
          #"{"paid":null}"#,
          full,
          200,
          json: #"[{"id":1},{"id":2}]"#
        ),
        Case(
          "PATCH",
          "/orders?id=eq.1&select=id,clients(name)",
          #"{"client_id":2}"#,
          full,
          200,
          json: #"[{"id":1,"clients":{"name":"Bob (the builder)"}}]"#
        ),
        Case(
          "PATCH",
          "/order_view?id=eq.2&select=id,clients(name)",
          #"{"buyer":2}"#,
          full,
          200,
          json: #"[{"id":2,"clients":{"name":"Bob (the builder)"}}]"#
        ),
        Case(
          "PATCH",
          "/clients?data->>s=eq.x&select=id",
          #"{"code":"Z"}"#,
          full,
          200,
          json: #"[{"id":1}]"#
        ),
      ])
    }
  }

  @Test("deletes, and takes any body with it")
  func deletes() async throws {
    try await with { rest in
      try await rest.check([
        Case("DELETE", "/order_tags", 400, code: "21000"),
        Case("DELETE", "/order_tags?select=tag_id&order=tag_id", full, 400, code: "21000"),
        Case("DELETE", "/order_tags?order_id=eq.1&tag_id=eq.1", "{}", 204, range: "*/*"),
        Case(
          "DELETE",
          "/order_tags?order_id=eq.1&select=tag_id",
          nil,
          ["Prefer": "return=representation,count=exact", "Content-Type": "application/json"],
          200,
          json: #"[{"tag_id":2}]"#,
          range: "*/1"
        ),
        Case(
          "DELETE",
          "/order_tags?order_id=eq.1",
          nil,
          ["Prefer": "count=exact"],
          204,
          range: "*/0"
        ),
        Case(
          "DELETE",
          "/order_tags?select=order_id,orders(total)&tag_id=eq.3",
          nil,
          full,
          200,
          json: #"[{"order_id":3,"orders":{"total":30}}]"#
        ),
      ])
    }
  }

  @Test("touches every row without a filter where that is allowed")
  func isUnsafe() async throws {
    try await RestServer.with(settings: ["REST_SAFE_UPDATES": "off"]) { rest async throws in
      #expect(try await rest.send("PATCH", "/orders", #"{"total":1}"#).status == 204)
      #expect(try await rest.send("DELETE", "/order_tags").status == 204)
    }
  }
}
