import Glibc
import JSON
import TestSupport
import Testing

@Suite("Who calls")
struct IdentityTests {
  private let ada = "00000000-0000-4000-8000-00000000000a"
  private let bob = "00000000-0000-4000-8000-00000000000b"

  @Test("is a role, its claims and the request's own settings, for that transaction alone")
  func settings() async throws {
    try await RestServer.with(settings: ["DATABASE_CONNECTIONS": "1"]) { rest in
      let headers = ["X-Foo": "a\"b", "Cookie": "a=b; c=d"]
      let answer = try await rest.send(
        "POST",
        "/rpc/request_changing",
        "{}",
        as: .user(ada),
        headers
      )
      #expect(answer.json["role"] == "authenticated")
      #expect(answer.json["claims"]?["sub"] == .string(ada))
      #expect(answer.json["method"] == "POST")
      #expect(answer.json["path"] == "/rpc/request_changing")
      #expect(answer.json["headers"]?["x-foo"] == "a\"b")
      #expect(answer.json["cookies"] == ["a": "b", "c": "d"])
      #expect(answer.json["timeout"] == "8s")
      #expect(answer.json["read_only"] == "off")
      #expect(answer.json["search_path"] == "public, extensions")
      let next = try await rest.get("/rpc/request", as: .nobody)
      #expect(next.json["role"] == "anon")
      #expect(next.json["claims"] == ["role": "anon"])
      #expect(next.json["timeout"] == "3s")
      #expect(next.json["read_only"] == "on")
      #expect(next.json["headers"]?["x-foo"] == nil)
      #expect(next.json["cookies"] == [:])
      let stable = try await rest.send("POST", "/rpc/request", "{}")
      #expect(stable.json["role"] == "service_role")
      #expect(stable.json["read_only"] == "on")
    }
  }

  @Test("is told by the bearer token, and by apikey where there is none")
  func credentials() async throws {
    try await RestServer.with { rest in
      let service = try TestKeys.shared.token(role: "service_role", [:])
      let anon = try TestKeys.shared.token(role: "anon", [:])
      let key = try await rest.get("/rpc/request", as: .nobody, ["apiKey": service])
      #expect(key.json["role"] == "service_role")
      let both = try await rest.get("/rpc/request", as: .user(ada), ["apikey": anon])
      #expect(both.json["role"] == "authenticated")
      let now = Int(time(nil))
      let bad: [(String, String)] = [
        (
          try TestKeys.shared.token(
            role: "authenticated",
            ["sub": .string(ada), "exp": JSON(now - 3600)]
          ), "PGRST303"
        ),
        (
          try TestKeys.shared.token(role: "authenticated", ["sub": .string(ada), "aud": "other"]),
          "PGRST303"
        ),
        (try TestKeys.shared.token(role: "streamvibe_owner", ["sub": .string(ada)]), "PGRST303"),
        ("a.b.c", "PGRST301"), ("a.b", "PGRST301"), (service.dropLast(4) + "AAAA", "PGRST301"),
      ]
      for (token, code) in bad {
        let answer = try await rest.get("/tags", as: .nobody, ["Authorization": "Bearer \(token)"])
        #expect(answer.status == 401)
        #expect(answer.json["code"] == .string(code))
        #expect(
          answer.headers["www-authenticate"]?.hasPrefix("Bearer error=\"invalid_token\"") == true
        )
      }
      let expired = try await rest.get(
        "/tags",
        as: .nobody,
        ["Authorization": "Bearer \(bad[0].0)"]
      )
      #expect(expired.json["message"] == "JWT expired")
    }
  }

  @Test("gets 401 for what anonymous callers may not do, and 403 with a token")
  func permission() async throws {
    try await RestServer.with { rest in
      try await rest.check([
        Case("GET", "/locked", as: .anon, 401, code: "42501"),
        Case("GET", "/locked", as: .nobody, 401, code: "42501"),
        Case("GET", "/locked", as: .user(ada), 403, code: "42501"),
        Case("GET", "/locked", as: .service, 200, json: "[]"),
        Case("GET", "/notes?select=secret", as: .user(ada), 403, code: "42501"),
        Case("GET", "/notes", as: .user(ada), 403, code: "42501"),
        Case("GET", "/notes?select=id", as: .anon, 401, code: "42501"),
      ])
      let answer = try await rest.get("/locked", as: .anon)
      #expect(answer.headers["www-authenticate"] == "Bearer")
    }
  }

  @Test("waits no longer than its role may")
  func timeouts() async throws {
    try await RestServer.with { rest in
      let answer = try await rest.send("POST", "/rpc/slow", #"{"seconds":5}"#, as: .anon)
      #expect(answer.status == 500)
      #expect(answer.json["code"] == "57014")
      let slow = try await rest.send("POST", "/rpc/slow", #"{"seconds":3.5}"#, as: .user(ada))
      #expect(slow.status == 200)
    }
  }

  @Test("sees and changes its own rows alone, through every verb, embed and call")
  func rows() async throws {
    let full = ["Prefer": "return=representation"]
    try await RestServer.with { rest in
      func note(_ id: Int, _ parent: String = "null") -> String {
        #"{"id":\#(id),"body":"b\#(id)","parent_id":\#(parent)}"#
      }
      try await rest.check([
        Case(
          "POST",
          "/notes?select=id,owner_id",
          note(1),
          full,
          as: .user(ada),
          201,
          json: #"[{"id":1,"owner_id":"\#(ada)"}]"#
        ),
        Case("POST", "/notes", note(2), as: .user(bob), 201),
        Case("POST", "/notes", note(3, "2"), as: .user(bob), 201),
        Case(
          "POST",
          "/notes?select=id",
          #"{"id":4,"body":"x","owner_id":"\#(bob)"}"#,
          as: .user(ada),
          403,
          code: "42501"
        ),
        Case(
          "POST",
          "/notes?select=id",
          #"{"id":2,"body":"mine now"}"#,
          ["Prefer": "resolution=merge-duplicates,return=representation"],
          as: .user(ada),
          403,
          code: "42501"
        ),
        Case(
          "POST",
          "/notes?select=id",
          #"{"id":2,"body":"mine now"}"#,
          ["Prefer": "resolution=ignore-duplicates,return=representation"],
          as: .user(ada),
          200,
          json: "[]"
        ),
        Case(
          "PUT",
          "/notes?id=eq.2",
          #"{"id":2,"body":"mine now"}"#,
          as: .user(ada),
          403,
          code: "42501"
        ),
        Case("GET", "/notes?select=id&order=id", as: .user(ada), 200, json: #"[{"id":1}]"#),
        Case(
          "GET",
          "/notes?select=id&id=eq.2",
          ["Prefer": "count=exact"],
          as: .user(ada),
          200,
          json: "[]",
          range: "*/0"
        ),
        Case(
          "GET",
          "/notes?select=id,notes(id)&order=id",
          as: .user(bob),
          200,
          json: #"[{"id":2,"notes":[{"id":3}]},{"id":3,"notes":[]}]"#
        ),
        Case(
          "PATCH",
          "/notes?id=eq.2&select=id",
          #"{"body":"taken"}"#,
          full,
          as: .user(ada),
          200,
          json: "[]"
        ),
        Case(
          "PATCH",
          "/notes?id=gt.0&select=id",
          #"{"body":"all"}"#,
          full,
          as: .user(ada),
          200,
          json: #"[{"id":1}]"#
        ),
        Case(
          "PATCH",
          "/notes?id=eq.1",
          #"{"owner_id":"\#(bob)"}"#,
          as: .user(ada),
          403,
          code: "42501"
        ),
        Case("PATCH", "/notes?id=eq.1", #"{"parent_id":3}"#, as: .user(ada), 204),
        Case(
          "GET",
          "/notes?select=id,parent:parent_id(id,body)&id=eq.1",
          as: .user(ada),
          200,
          json: #"[{"id":1,"parent":null}]"#
        ),
        Case("GET", "/notes?select=id,parent:parent_id!inner(id)", as: .user(ada), 200, json: "[]"),
        Case("GET", "/notes?select=id,notes()&notes=not.is.null", as: .user(ada), 200, json: "[]"),
        Case(
          "GET",
          "/notes?select=id,...parent_id(body)&id=eq.1",
          as: .user(ada),
          200,
          json: #"[{"id":1,"body":null}]"#
        ),
        Case(
          "GET",
          "/notes?select=id,parent_id()&order=parent_id(body)",
          as: .user(ada),
          200,
          json: #"[{"id":1}]"#
        ),
        Case(
          "GET",
          "/notes?select=id,notes(id)&id=eq.3",
          as: .user(bob),
          200,
          json: #"[{"id":3,"notes":[]}]"#
        ),
        Case("DELETE", "/notes?id=eq.2&select=id", nil, full, as: .user(ada), 200, json: "[]"),
        Case(
          "DELETE",
          "/notes?id=gt.0",
          nil,
          ["Prefer": "count=exact"],
          as: .anon,
          401,
          code: "42501"
        ),
        Case(
          "GET",
          "/notes?select=id,body&order=id",
          as: .service,
          200,
          json: #"[{"id":1,"body":"all"},{"id":2,"body":"b2"},{"id":3,"body":"b3"}]"#
        ),
      ])
    }
  }

  @Test("reads users' own tables of the product as their owner alone")
  func product() async throws {
    try await RestServer.with { rest in
      try await rest.server.database.psql(
        "insert into auth.users (id, email) values ('\(ada)', 'a@example.com'), ('\(bob)', 'b@example.com')"
      )
      try await rest.check([
        Case("GET", "/users?select=id", as: .user(ada), 200, json: #"[{"id":"\#(ada)"}]"#),
        Case("GET", "/users?id=eq.\(bob)", as: .user(ada), 200, json: "[]"),
        Case("GET", "/users?select=id", as: .anon, 401, code: "42501"),
        Case(
          "GET",
          "/users?select=user_setting(sync_frequency_hours),subscription(syncs_used,subscription_tier(slug))",
          as: .user(ada),
          200,
          json:
            #"[{"user_setting":{"sync_frequency_hours":24},"subscription":{"syncs_used":0,"subscription_tier":{"slug":"free"}}}]"#
        ),
        Case(
          "PATCH",
          "/users?id=eq.\(ada)&select=bio",
          #"{"bio":"hello"}"#,
          ["Prefer": "return=representation"],
          as: .user(ada),
          200,
          json: #"[{"bio":"hello"}]"#
        ),
        Case(
          "PATCH",
          "/users?id=eq.\(ada)",
          #"{"is_verified":true}"#,
          as: .user(ada),
          403,
          code: "42501"
        ),
        Case(
          "PATCH",
          "/subscription?syncs_used=gte.0",
          #"{"syncs_used":0}"#,
          as: .user(ada),
          403,
          code: "42501"
        ),
        Case(
          "POST",
          "/user_setting?select=sync_frequency_hours",
          #"{"user_id":"\#(ada)","sync_frequency_hours":6}"#,
          ["Prefer": "resolution=merge-duplicates,return=representation"],
          as: .user(ada),
          200,
          json: #"[{"sync_frequency_hours":6}]"#
        ),
        Case(
          "POST",
          "/rpc/check_quota",
          #"{"p_user_id":"\#(bob)","p_quota_type":"sync"}"#,
          as: .user(ada),
          403
        ),
        Case("POST", "/rpc/reserve_quota", "{}", as: .user(ada), 404, code: "PGRST202"),
      ])
    }
  }
}
