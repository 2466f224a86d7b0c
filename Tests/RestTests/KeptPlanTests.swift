import JSON
import Loop
import TestSupport
import Testing

@testable import rest

@Suite("Plans that are kept")
struct KeptPlanTests {
  private let ada = "00000000-0000-4000-8000-00000000000a"
  private let bob = "00000000-0000-4000-8000-00000000000b"

  /// How often a plan was found, and how many there are.
  private func plans(_ rest: RestServer) async throws -> (uses: Int, count: Int) {
    let responder = try #require(rest.server.responder as? Rest)
    return try await onLoop { (responder.plans.uses, responder.plans.count) }
  }

  /// A server whose schema cache is not read any more: it is once more when it begins to listen.
  private func withSettled(_ body: (RestServer) async throws -> Void) async throws {
    try await RestServer.with { rest in
      let responder = try #require(rest.server.responder as? Rest)
      var last: Catalog?
      var calm = 0
      for _ in 0..<100 where calm < 6 {
        try await Task.sleep(for: .milliseconds(50))
        let catalog = try await onLoop { responder.catalogs.catalog }
        calm = catalog != nil && catalog === last ? calm + 1 : 0
        last = catalog
      }
      try await body(rest)
    }
  }

  /// Sends cases of one shape, and expects that all but the first find a plan.
  private func check(_ rest: RestServer, _ cases: [Case]) async throws {
    let before = try await plans(rest)
    for wanted in cases { try await rest.check([wanted]) }
    let after = try await plans(rest)
    let requests = cases.reduce(0) { $0 + ($1.isRead ? 2 : 1) }
    #expect(after.uses - before.uses == requests - 1, "\(cases[0].method) \(cases[0].path)")
    #expect(after.count - before.count == 1, "\(cases[0].method) \(cases[0].path)")
  }

  @Test("give each request its own filters' values")
  func filters() async throws {
    try await withSettled { rest in
      try await check(
        rest,
        [
          Case("/clients?select=id&id=eq.1", #"[{"id":1}]"#),
          Case("/clients?select=id&id=eq.2", #"[{"id":2}]"#),
          Case("/clients?select=id&id=eq.x", 400, "22P02"),
          Case("/clients?select=id&id=eq.%34", #"[{"id":4}]"#),
        ]
      )
      try await check(
        rest,
        [
          Case("/clients?select=id&id=gt.1&name=like.*(*&order=id", #"[{"id":2}]"#),
          Case("/clients?select=id&id=gt.2&name=like.*%25&order=id", #"[{"id":3},{"id":4}]"#),
          Case("/clients?select=id&id=gt.3&name=like.*&order=id", #"[{"id":4}]"#),
        ]
      )
      try await check(
        rest,
        [
          Case("/clients?select=id&id=in.(1,2)&order=id", #"[{"id":1},{"id":2}]"#),
          Case("/clients?select=id&id=in.()&order=id", "[]"),
          Case("/clients?select=id&id=in.(\"4\")&order=id", #"[{"id":4}]"#),
        ]
      )
      try await check(
        rest,
        [
          Case("/clients?select=id&id=not.eq.1&id=not.eq.2&order=id", #"[{"id":3},{"id":4}]"#),
          Case("/clients?select=id&id=not.eq.3&id=not.eq.4&order=id", #"[{"id":1},{"id":2}]"#),
        ]
      )
      try await check(
        rest,
        [
          Case("/clients?select=id&id=eq(any).{1,2}&order=id", #"[{"id":1},{"id":2}]"#),
          Case("/clients?select=id&id=eq(any).{3}&order=id", #"[{"id":3}]"#),
        ]
      )
      try await check(
        rest,
        [
          Case("/clients?select=id&words=fts(english).ada", #"[{"id":1}]"#),
          Case("/clients?select=id&words=fts(english).builders", #"[{"id":2}]"#),
        ]
      )
      try await check(
        rest,
        [
          Case("/clients?select=id&data->>s=isdistinct.x&id=lt.3", #"[{"id":2}]"#),
          Case("/clients?select=id&data->>s=isdistinct.y&id=lt.3", #"[{"id":1}]"#),
        ]
      )
      let embedding = "/clients?select=id,orders(id)&id=eq"
      try await check(
        rest,
        [
          Case("\(embedding).1&orders.total=gt.10", #"[{"id":1,"orders":[{"id":2}]}]"#),
          Case("\(embedding).1&orders.total=gt.0", #"[{"id":1,"orders":[{"id":1},{"id":2}]}]"#),
          Case("\(embedding).2&orders.total=gt.99", #"[{"id":2,"orders":[]}]"#),
        ]
      )
    }
  }

  @Test("give each request its own body and arguments")
  func bodies() async throws {
    let full = ["Prefer": "return=representation"]
    try await withSettled { rest in
      try await check(
        rest,
        [
          Case(
            "POST",
            "/tags",
            #"{"id":50,"label":"a"}"#,
            full,
            201,
            json: #"[{"id":50,"label":"a"}]"#
          ),
          Case(
            "POST",
            "/tags",
            #"{"id":51,"label":"b"}"#,
            full,
            201,
            json: #"[{"id":51,"label":"b"}]"#
          ),
          Case(
            "POST",
            "/tags",
            #"{"id":52,"label":null}"#,
            full,
            201,
            json: #"[{"id":52,"label":null}]"#
          ),
        ]
      )
      try await check(
        rest,
        [
          Case("POST", "/tags", #"[{"id":53}]"#, full, 201, json: #"[{"id":53,"label":null}]"#),
          Case(
            "POST",
            "/tags",
            #"[{"id":54},{"id":55}]"#,
            full,
            201,
            json: #"[{"id":54,"label":null},{"id":55,"label":null}]"#
          ),
        ]
      )
      try await check(
        rest,
        [
          Case(
            "PATCH",
            "/tags?id=eq.50",
            #"{"label":"c"}"#,
            full,
            200,
            json: #"[{"id":50,"label":"c"}]"#
          ),
          Case(
            "PATCH",
            "/tags?id=eq.51",
            #"{"label":"d"}"#,
            full,
            200,
            json: #"[{"id":51,"label":"d"}]"#
          ),
        ]
      )
      try await check(
        rest,
        [
          Case(
            "PUT",
            "/tags?id=eq.50",
            #"{"id":50,"label":"e"}"#,
            full,
            200,
            json: #"[{"id":50,"label":"e"}]"#
          ),
          Case(
            "PUT",
            "/tags?id=eq.60",
            #"{"id":60,"label":"f"}"#,
            full,
            201,
            json: #"[{"id":60,"label":"f"}]"#
          ),
          Case("PUT", "/tags?id=eq.60", #"{"id":61,"label":"g"}"#, full, 400, code: "PGRST115"),
        ]
      )
      try await check(
        rest,
        [
          Case("DELETE", "/tags?id=eq.50", nil, full, 200, json: #"[{"id":50,"label":"e"}]"#),
          Case("DELETE", "/tags?id=eq.51", nil, full, 200, json: #"[{"id":51,"label":"d"}]"#),
        ]
      )
      try await check(
        rest,
        [
          Case("POST", "/rpc/add", #"{"a":1,"b":2}"#, 200, json: "3"),
          Case("POST", "/rpc/add", #"{"a":5,"b":6}"#, 200, json: "11"),
        ]
      )
      try await check(
        rest,
        [
          Case("POST", "/rpc/echo", #"{"a":[1]}"#, 200, json: #"{"a":[1]}"#),
          Case("POST", "/rpc/echo", #"{"a":{"b":2}}"#, 200, json: #"{"a":{"b":2}}"#),
        ]
      )
      try await check(rest, [Case("/rpc/add?a=1&b=2", "3"), Case("/rpc/add?a=5&b=6", "11")])
      let rows = try await rest.get("/tags?select=id&id=gte.50&order=id")
      #expect(rows.json == [["id": 52], ["id": 53], ["id": 54], ["id": 55], ["id": 60]])
    }
  }

  @Test("are not shared by requests that ask for something else")
  func shapes() async throws {
    try await RestServer.with { rest in
      let missing = ["Prefer": "missing=default,return=representation"]
      try await rest.check([
        Case("/clients?select=id&id=eq.1", #"[{"id":1}]"#),
        Case("/clients?select=id,code&id=eq.1", #"[{"id":1,"code":"A"}]"#),
        Case("/clients?select=code&id=eq.1", #"[{"code":"A"}]"#),
        Case("/clients?select=id&id=neq.1&order=id", #"[{"id":2},{"id":3},{"id":4}]"#),
        Case("/clients?select=id&id=neq.1&order=id.desc", #"[{"id":4},{"id":3},{"id":2}]"#),
        Case("/clients?select=id&id=neq.1&order=id&limit=1", #"[{"id":2}]"#),
        Case("/clients?select=id&id=neq.1&order=id&limit=1&offset=1", #"[{"id":3}]"#),
        Case("/clients?select=id&id=not.neq.1", #"[{"id":1}]"#),
        Case("/clients?select=id&id=gt.3", #"[{"id":4}]"#),
        Case("/clients?select=id&id=not.gt.1", #"[{"id":1}]"#),
        Case("/clients?select=id&code=is.null", #"[{"id":3}]"#),
        Case("/clients?select=id&code=is.not_null&order=id&limit=1", #"[{"id":1}]"#),
        Case("/clients?select=id&or=(id.eq.1,id.eq.4)&order=id", #"[{"id":1},{"id":4}]"#),
        Case("/clients?select=id&or=(id.eq.2,id.eq.3)&order=id", #"[{"id":2},{"id":3}]"#),
        Case("/clients?select=id&and=(id.eq.1,id.eq.4)", "[]"),
        Case("/clients?select=id&words=fts(english).builders", #"[{"id":2}]"#),
        Case("/clients?select=id&words=fts(simple).builders", "[]"),
        Case("/tags?select=id&id=eq.1", #"[{"id":1}]"#),
        Case(
          "/tags?select=id&id=eq.1",
          #"{"id":1}"#,
          ["Accept": "application/vnd.pgrst.object+json"]
        ),
        Case("/tags?select=id&limit=1", #"[{"id":1}]"#, range: "0-0/*"),
        Case("/tags?select=id&order=id", #"[{"id":2}]"#, ["Range": "1-1"]),
        Case("/tags?select=id&order=id", #"[{"id":3}]"#, ["Range": "2-2"]),
        Case(
          "HEAD",
          "/tags?select=id&limit=1",
          nil,
          ["Prefer": "count=exact"],
          206,
          range: "0-0/3"
        ),
        Case(
          "/tags?select=id&limit=1",
          #"[{"id":1}]"#,
          range: "0-0/3",
          status: 206,
          ["Prefer": "count=exact"]
        ),
        Case("/rpc/total?v=4", "4"), Case("/rpc/total?v={4,5}", "9"), Case("/rpc/total?v=7", "7"),
        Case("/rpc/total?v=1&v=2", "3"), Case("/rpc/total?v=3&v=4", "7"),
        Case("/rpc/greet?name=eq.1", #""hello eq.1""#),
        Case("/rpc/greet?name=eq.2", #""hello eq.2""#),
        Case("/rpc/greet?name=in.x", #""hello in.x""#), Case("/rpc/greet?name=y", #""hello y""#),
        Case("/rpc/greet?name=a&name=b", #""hello b""#),
        Case("/rpc/greet?name=c&name=d", #""hello d""#),
        Case("//rpc/greet?name=eq.3", #""hello eq.3""#),
        Case("//rpc/greet?name=eq.4", #""hello eq.4""#),
        Case("/rpc/pairs?n=3&x=gt.1&select=x", #"[{"x":2},{"x":3}]"#),
        Case("/rpc/pairs?n=3&x=gt.2&select=x", #"[{"x":3}]"#),
        Case("/rpc/twice?n=1", #""int""#), Case("/rpc/twice?t=1", #""text""#),
        Case("POST", "/defaults", #"[{"a":"1"},{"b":"2"}]"#, missing, 201),
        Case("POST", "/defaults", #"{"a":"3"}"#, missing, 201),
        Case("POST", "/defaults", #"{"a":"4"}"#, missing, 201),
        Case("POST", "/defaults", #"{"b":"5"}"#, missing, 201),
        Case(
          "POST",
          "/defaults",
          #"{"a":"6","b":null}"#,
          ["Content-Type": "application/json"],
          201
        ),
        Case("POST", "/defaults", #"{"c":"x"}"#, 201),
        Case("POST", "/defaults", #"{"b":"y"}"#, 201),
        Case("POST", "/defaults?columns=a", #"{"a":"7","b":"8"}"#, 201),
        Case("POST", "/defaults?columns=a", #"{"a":"9","b":"0"}"#, 201),
        Case(
          "/defaults?select=a,b&order=id",
          """
          [{"a":"1","b":"B"},{"a":"A","b":"2"},{"a":"3","b":"B"},{"a":"4","b":"B"},
          {"a":"A","b":"5"},{"a":"6","b":null},{"a":"A","b":"B"},{"a":"A","b":"y"},
          {"a":"7","b":"B"},{"a":"9","b":"B"}]
          """
        ),
        // A name and a value that together look like two parameters, and the two.
        Case("/tags?select=id&label=eq.x%26id%3Deq.1", "[]"),
        Case("/tags?select=id&label=eq.new&id=eq.1", #"[{"id":1}]"#),
        Case("/tags?select=id&label=eq.%00", 400, "PGRST100"),
        Case("/tags?select=id&label=eq.%FF", 400, "PGRST100"),
      ])
    }
  }

  @Test("know nothing of who asks")
  func identities() async throws {
    try await RestServer.with(settings: ["DATABASE_CONNECTIONS": "1"]) { rest in
      for (id, user) in [(1, ada), (2, bob)] {
        let body = #"{"id":\#(id),"body":"of \#(id)"}"#
        #expect(try await rest.send("POST", "/notes", body, as: .user(user)).status == 201)
      }
      let before = try await plans(rest).uses
      for _ in 0..<3 {
        try await rest.check([
          Case(
            "GET",
            "/notes?select=body&id=gt.0",
            as: .user(ada),
            200,
            json: #"[{"body":"of 1"}]"#
          ),
          Case(
            "GET",
            "/notes?select=body&id=gt.0",
            as: .user(bob),
            200,
            json: #"[{"body":"of 2"}]"#
          ),
          Case("GET", "/notes?select=body&id=gt.0", as: .anon, 401, code: "42501"),
          Case("GET", "/notes?select=body&id=gt.0", as: .nobody, 401, code: "42501"),
          Case(
            "GET",
            "/notes?select=body&id=gt.0",
            as: .service,
            200,
            json: #"[{"body":"of 1"},{"body":"of 2"}]"#
          ),
        ])
        for user in [ada, bob] {
          let answer = try await rest.get("/rpc/request", as: .user(user), ["X-Who": user])
          #expect(answer.json["claims"]?["sub"] == .string(user))
          #expect(answer.json["headers"]?["x-who"] == .string(user))
        }
      }
      #expect(try await plans(rest).uses > before + 20)
    }
  }

  @Test("are a bounded number, and made anew when the schema has changed")
  func bounds() async throws {
    try await RestServer.with { rest in
      let path = "/orders?select=id,clients(id)&id=eq"
      #expect(try await rest.get("\(path).1").status == 200)
      #expect(try await rest.get("\(path).2").status == 200)
      try await rest.server.database.psql(
        "alter table public.orders drop constraint orders_client_id_fkey"
      )
      var status = 200
      for _ in 0..<100 where status == 200 {
        try await Task.sleep(for: .milliseconds(50))
        status = try await rest.get("\(path).1").status
      }
      #expect(status == 400)
      for limit in 0..<600 {
        #expect(try await rest.get("/tags?select=id&limit=\(limit)").status == 200)
      }
      #expect(try await plans(rest).count <= 256)
      let uses = try await plans(rest).uses
      #expect(
        try await rest.get("/tags?select=id&limit=599").json == [["id": 1], ["id": 2], ["id": 3]]
      )
      #expect(try await plans(rest).uses == uses + 1)
    }
  }
}
