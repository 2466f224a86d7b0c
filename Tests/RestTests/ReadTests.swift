import JSON
import TestSupport
import Testing

@Suite("Reading")
struct ReadTests {
  @Test("selects columns, aliases, casts and what is in JSON")
  func select() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case("/clients?select=id,n:name&id=eq.1", #"[{"id":1,"n":"Ada, Countess"}]"#),
        Case(
          "/clients?select=id::text,b:born::timestamp&id=eq.1",
          #"[{"id":"1","b":"1815-12-10T00:00:00"}]"#
        ),
        Case(
          "/clients?select=mood::text,score::double precision,tags::text&id=eq.1",
          #"[{"mood":"glad","score":1.5,"tags":"{red,\"b,c\"}"}]"#
        ),
        Case("/clients?select=code::mood&id=eq.3", #"[{"code":null}]"#),
        Case(
          "/clients?select=data->a->b->0,x:data->>s,y:data->a->b->>1,data->n&id=eq.1",
          #"[{"b":10,"x":"x","y":"20","n":1}]"#
        ),
        Case("/clients?select=data->a->b->>0::int&id=eq.1", #"[{"b":10}]"#),
        Case("/clients?select=tags->>1&id=eq.1", #"[{"tags":"b,c"}]"#),
        Case("/clients?select=&id=eq.1", "[{}]"),
        Case("/tags?id=eq.1", #"[{"id":1,"label":"new"}]"#),
        Case("/tags?select=*&id=eq.1", #"[{"id":1,"label":"new"}]"#),
        Case(#"/Odd "Name?select="a.b","c d",s:select"#, #"[{"a.b":1,"c d":"x","s":"y"}]"#),
        Case(#"/Odd "Name?"a.b"=eq.1&c d=eq.x&select=select"#, #"[{"select":"y"}]"#),
        Case("/clients?select=nope", 400, "42703"), Case("/clients?select=id::nope", 400, "42704"),
        Case("/clients?select=id.sum()", 400, "PGRST123"),
        Case("/clients?select=count()", 400, "PGRST123"),
        Case("/clients?select=\(String(repeating: "x", count: 64)):id", 400, "PGRST100"),
      ])
    }
  }

  @Test("orders and pages")
  func orders() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case(
          "/clients?select=id&order=score.desc.nullslast,id",
          #"[{"id":2},{"id":1},{"id":4},{"id":3}]"#
        ),
        Case(
          "/clients?select=id&order=score.nullsfirst",
          #"[{"id":3},{"id":4},{"id":1},{"id":2}]"#
        ),
        Case(
          "/clients?select=id&order=data->n.desc.nullslast,id&data->n=not.is.null",
          #"[{"id":2},{"id":1},{"id":4}]"#
        ),
        Case(
          "/clients?select=id&order=id&limit=2&offset=1",
          #"[{"id":2},{"id":3}]"#,
          range: "1-2/*"
        ),
        Case(
          "/clients?select=id&order=id",
          #"[{"id":2},{"id":3}]"#,
          range: "1-2/*",
          ["Range": "1-2", "Range-Unit": "items"]
        ),
        Case("/clients?select=id", 416, "PGRST103", ["Range": "3-2"]),
        Case("/clients?select=id&order=nope", 400, "42703"),
      ])
    }
  }

  @Test("counts: 206 for a part of what there is, 416 behind its end")
  func counts() async throws {
    let exact = ["Prefer": "count=exact"]
    try await RestServer.with { rest in
      try await rest.check([
        Case(
          "GET",
          "/orders?select=id&order=id&limit=2",
          nil,
          exact,
          206,
          json: #"[{"id":1},{"id":2}]"#,
          range: "0-1/4"
        ),
        Case("GET", "/orders?select=id&limit=4", nil, exact, 200, range: "0-3/4"),
        Case("GET", "/orders?id=eq.99", nil, exact, 200, json: "[]", range: "*/0"),
        Case("GET", "/orders?id=eq.99", nil, [:], 200, json: "[]", range: "*/*"),
        Case("GET", "/orders?limit=0", nil, exact, 206, json: "[]", range: "*/4"),
        Case("GET", "/orders?offset=4", nil, exact, 206, json: "[]", range: "*/4"),
        Case("GET", "/orders?offset=5", nil, exact, 416, code: "PGRST103"),
        Case("GET", "/orders?offset=5", nil, [:], 200, json: "[]", range: "*/*"),
        Case("HEAD", "/orders?limit=1", nil, exact, 206, range: "0-0/4"),
        Case(
          "GET",
          "/orders?select=id&limit=2",
          nil,
          ["Prefer": "count=estimated"],
          206,
          range: "0-1/4"
        ),
      ])
      try await rest.server.database.psql("analyze public.long")
      try await rest.check([
        Case("GET", "/long?limit=2", nil, ["Prefer": "count=planned"], 206, range: "0-1/1500"),
        Case(
          "GET",
          "/long?limit=2&id=lte.3",
          nil,
          ["Prefer": "count=estimated"],
          206,
          range: "0-1/3"
        ),
        Case("GET", "/long?limit=2", nil, ["Prefer": "count=estimated"], 206, range: "0-1/1500"),
      ])
      let answer = try await rest.send("HEAD", "/orders", nil, exact)
      #expect(answer.body.isEmpty)
      #expect(answer.headers["content-length"] == nil)
      #expect(answer.headers["preference-applied"] == "count=exact")
    }
  }

  @Test("cuts an answer, and what is embedded in a row, at REST_MAX_ROWS")
  func cuts() async throws {
    try await RestServer.with(settings: ["REST_MAX_ROWS": "2"]) { rest in
      try await rest.check([
        Case("/long?select=id&order=id", #"[{"id":1},{"id":2}]"#, range: "0-1/*"),
        Case("/long?select=id&order=id&limit=5", #"[{"id":1},{"id":2}]"#),
        Case("/orders?select=id&order=id&limit=1", #"[{"id":1}]"#),
        Case("/rpc/numbers?n=5", "[1,2]"), Case("/rpc/pairs?n=5&select=x", #"[{"x":1},{"x":2}]"#),
        Case("/rooms?select=beds(id)&number=eq.1", #"[{"beds":[{"id":1},{"id":2}]}]"#),
      ])
      try await rest.server.database.psql("insert into public.beds values (4, 1, 1)")
      try await rest.check([
        Case("/rooms?select=beds(id)&number=eq.1&beds.order=id", #"[{"beds":[{"id":1},{"id":2}]}]"#)
      ])
    }
  }

  @Test("answers as one object, as CSV and without nulls")
  func media() async throws {
    let object = ["Accept": "application/vnd.pgrst.object+json"]
    try await RestServer.with { rest in
      try await rest.check([
        Case("/clients?select=id&id=eq.1", #"{"id":1}"#, object),
        Case("/clients?select=id&id=gt.1", 406, "PGRST116", object),
        Case("/clients?select=id&id=eq.0", 406, "PGRST116", object),
        Case(
          "/clients?select=id,code,note&id=eq.2",
          #"[{"id":2,"code":"B"}]"#,
          ["Accept": "application/vnd.pgrst.array+json;nulls=stripped"]
        ),
        Case(
          "/clients?select=id,code,note&id=eq.2",
          #"{"id":2,"code":"B"}"#,
          ["Accept": "application/vnd.pgrst.object+json;nulls=stripped"]
        ),
        Case("/clients?select=id", 406, "PGRST107", ["Accept": "text/html"]),
        Case(
          "/clients?select=id",
          406,
          "PGRST107",
          ["Accept": "application/vnd.pgrst.plan+json; for=\"application/json\"; options=analyze;"]
        ),
      ])
      let many = try await rest.get("/clients?select=id&id=gt.1", object)
      #expect(many.json["message"] == "Cannot coerce the result to a single JSON object")
      #expect(many.json["details"] == "The result contains 3 rows")
      let csv = try await rest.get(
        "/clients?select=id,name,code,tags&order=id",
        ["Accept": "text/csv"]
      )
      #expect(csv.headers["content-type"] == "text/csv; charset=utf-8")
      #expect(
        csv.body == """
          id,name,code,tags
          1,"Ada, Countess",A,"{red,""b,c""}"
          2,Bob (the builder),B,{}
          3,"Cy ""quoted"" \\slash",,
          4,dörte%,D,{red}
          """
      )
      let empty = try await rest.get("/clients?select=id,name&id=eq.0", ["Accept": "text/csv"])
      #expect(empty.body == "id,name")
    }
  }

  @Test("answers for what is not there with its own codes")
  func unknown() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case("/client", 404, "PGRST205"), Case("/secrets", 404, "PGRST205"),
        Case("/a/b", 404, "PGRST125"),
        Case("/clients", 406, "PGRST106", ["Accept-Profile": "hidden"]),
        Case("POST", "/clients", "{}", ["Content-Profile": "hidden"], 406, code: "PGRST106"),
        Case(
          "/clients?select=id&id=eq.1",
          #"[{"id":1}]"#,
          ["Accept-Profile": "public", "Content-Profile": "nope"]
        ),
      ])
      let near = try await rest.get("/client")
      #expect(near.json["hint"] == "Perhaps you meant the table 'public.clients'")
      #expect(
        near.json["message"] == "Could not find the table 'public.client' in the schema cache"
      )
      let options = try await rest.send("OPTIONS", "/clients")
      #expect(options.headers["allow"] == "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE")
    }
  }
}
