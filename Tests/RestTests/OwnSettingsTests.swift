import JSON
import TestSupport
import Testing

@Suite("Settings of their own")
struct OwnSettingsTests {
  private let ada = "00000000-0000-4000-8000-00000000000a"

  /// Until what was notified has been read.
  private func eventually(_ check: () async throws -> Bool) async throws {
    for _ in 0..<100 {
      if try await check() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("nothing changes")
  }

  private func set(_ rest: RestServer, _ role: String, _ setting: String) async throws {
    let database = rest.server.database
    try await database.psql("alter role \(role) in database \(database.name) set \(setting)")
  }

  @Test("hold for a role's requests once REST is told to read them, and for no other's")
  func ofRoles() async throws {
    try await RestServer.with(settings: ["DATABASE_CONNECTIONS": "1"]) { rest in
      #expect(try await rest.get("/rpc/request", as: .anon).json["timeout"] == "3s")
      try await set(rest, "anon", "statement_timeout = '1500'")
      try await set(rest, "anon", "timezone = 'Asia/Tokyo'")
      try await set(rest, "anon", "role = 'service_role'")
      try await set(rest, "anon", "request.jwt.claims = '{\"sub\": \"somebody\"}'")
      try await rest.server.database.psql("notify pgrst, 'reload config'")
      try await eventually {
        try await rest.get("/rpc/request", as: .anon).json["timeout"] == "1500ms"
      }
      let anon = try await rest.get("/rpc/request", as: .anon)
      #expect(anon.json["timezone"] == "Asia/Tokyo")
      #expect(anon.json["role"] == "anon")
      #expect(anon.json["claims"]?["sub"] == nil)
      let preferred = try await rest.get("/rpc/request", as: .anon, ["Prefer": "timezone=UTC"])
      #expect(preferred.json["timezone"] == "UTC")
      let other = try await rest.get("/rpc/request", as: .user(ada))
      #expect(other.json["timeout"] == "8s")
      #expect(other.json["timezone"] != "Asia/Tokyo")
      let slow = try await rest.send("POST", "/rpc/slow", #"{"seconds":2.5}"#, as: .anon)
      #expect(slow.json["code"] == "57014")
    }
  }

  @Test("that a role may not set are left out, and without an end is a day")
  func ofRolesLeftOut() async throws {
    try await RestServer.with { rest in
      try await set(rest, "authenticated", "log_min_messages = 'error'")
      try await set(rest, "authenticated", "statement_timeout = 0")
      try await set(rest, "authenticated", "work_mem = '5MB'")
      try await rest.server.database.psql("notify pgrst, 'reload config'")
      try await eventually {
        try await rest.get("/rpc/request", as: .user(ada)).json["timeout"] == "1d"
      }
    }
  }

  @Test("hold for a function from before it begins")
  func ofFunctions() async throws {
    try await RestServer.with { rest in
      try await rest.server.database.psql(
        """
        create function public.patient() returns text language sql volatile
        set statement_timeout = '20s' as 'select pg_sleep(3.3)::text';
        create function public.isolated() returns text language plpgsql volatile
        set default_transaction_isolation = 'serializable' as $$
        begin
            insert into public.tags (id, label) values (900, 'isolated');
            return current_setting('transaction_isolation');
        end $$;
        create function public.isolated_read() returns text language sql stable
        set default_transaction_isolation = 'repeatable read'
        as 'select current_setting(''transaction_isolation'')';
        create function public.plain() returns text language sql stable
        as 'select current_setting(''transaction_isolation'')';
        grant execute on all functions in schema public to anon, service_role;
        notify pgrst
        """
      )
      try await eventually { try await rest.get("/rpc/plain").status == 200 }
      try await rest.check([
        Case("POST", "/rpc/patient", "{}", as: .anon, 200),
        Case("/rpc/plain", #""read committed""#),
        Case("/rpc/isolated_read", #""repeatable read""#),
        Case("POST", "/rpc/isolated", "{}", as: .service, 200, json: #""serializable""#),
        Case("/tags?id=eq.900", #"[{"id":900,"label":"isolated"}]"#),
        Case("/rpc/plain", #""read committed""#),
      ])
    }
  }

  @Test("of a role decide how isolated its requests are")
  func isolation() async throws {
    try await RestServer.with { rest in
      try await rest.server.database.psql(
        """
        create function public.plain() returns text language sql stable
        as 'select current_setting(''transaction_isolation'')';
        grant execute on function public.plain() to authenticated, service_role
        """
      )
      try await set(rest, "authenticated", "default_transaction_isolation = 'serializable'")
      try await rest.server.database.psql("notify pgrst, 'reload config'")
      try await eventually {
        try await rest.get("/rpc/plain", as: .user(ada)).json == "serializable"
      }
      #expect(try await rest.get("/rpc/plain").json == "read committed")
    }
  }

  @Test("find names in the schema that is meant, whichever comes first")
  func searchPath() async throws {
    try await RestServer.with(settings: ["REST_SCHEMAS": "api, public"]) { rest in
      try await rest.server.database.psql(
        """
        set check_function_bodies = off;
        create schema api;
        create table api.place (id integer primary key);
        insert into api.place values (7);
        create function api.place() returns integer language sql stable as 'select id from place';
        grant usage on schema api to service_role;
        grant select on api.place to service_role;
        grant execute on function api.place() to service_role;
        create function api.request() returns json language sql stable
        as 'select public.request()';
        grant execute on function api.request() to service_role;
        notify pgrst
        """
      )
      try await eventually { try await rest.get("/rpc/place").status != 404 }
      try await rest.check([Case("/rpc/place", "7")])
      let own = try await rest.get("/rpc/request")
      #expect(own.json["search_path"] == #""api", public, extensions"#)
      let other = try await rest.get("/rpc/request", ["Accept-Profile": "public"])
      #expect(other.json["search_path"] == "public, extensions")
    }
  }
}
