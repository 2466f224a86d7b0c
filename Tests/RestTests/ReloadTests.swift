import JSON
import TestSupport
import Testing

@Suite("The schema cache")
struct ReloadTests {
  /// Asks until the answer is as wanted, for five seconds.
  private func eventually(
    _ rest: RestServer,
    _ path: String,
    _ status: Int
  ) async throws {
    var last = 0
    for _ in 0..<100 {
      last = try await rest.get(path).status
      if last == status { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("\(path) is answered with \(last)")
  }

  @Test("follows what changes the schema, in the order of its commits")
  func follows() async throws {
    try await RestServer.with { rest in
      let database = rest.server.database
      #expect(try await rest.get("/fresh").status == 404)
      try await database.psql(
        "create table public.fresh (id integer primary key, tag_id integer); grant all on public.fresh to service_role"
      )
      try await eventually(rest, "/fresh?select=id", 200)
      #expect(try await rest.get("/fresh?select=tags(id)").status == 400)
      try await database.psql(
        "alter table public.fresh add foreign key (tag_id) references public.tags"
      )
      try await eventually(rest, "/fresh?select=tags(id)", 200)
      try await database.psql("alter table public.fresh add column word text default 'w'")
      try await eventually(rest, "/fresh?select=word", 200)
      try await database.psql(
        "create function public.fresh_one() returns integer language sql as 'select 1'; grant execute on function public.fresh_one() to service_role"
      )
      try await eventually(rest, "/rpc/fresh_one", 200)
      try await database.psql(
        "create view public.fresh_view as select id from public.fresh; grant select on public.fresh_view to service_role"
      )
      try await eventually(rest, "/fresh_view", 200)
      try await database.psql(
        "drop view public.fresh_view; alter table public.fresh drop column word"
      )
      try await eventually(rest, "/fresh_view", 404)
      #expect(try await rest.get("/fresh?select=word").status == 400)
      try await database.psql("drop table public.fresh; drop function public.fresh_one()")
      try await eventually(rest, "/fresh", 404)
    }
  }

  @Test("is read again after its connection was lost")
  func reconnects() async throws {
    try await RestServer.with { rest in
      let database = rest.server.database
      #expect(try await rest.get("/fresh").status == 404)
      try await database.psql(
        """
        alter event trigger rest_reload_after_change disable;
        create table public.fresh (id integer primary key);
        grant all on public.fresh to service_role
        """
      )
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await rest.get("/fresh").status == 404)
      try await database.psql(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator' and datname = current_database()"
      )
      try await eventually(rest, "/fresh", 200)
    }
  }

  @Test("is read again when asked, and not for other words")
  func notified() async throws {
    try await RestServer.with { rest in
      let database = rest.server.database
      #expect(try await rest.get("/fresh").status == 404)
      try await database.psql(
        """
        alter event trigger rest_reload_after_change disable;
        create table public.fresh (id integer primary key);
        grant all on public.fresh to service_role;
        notify pgrst, 'something else'
        """
      )
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await rest.get("/fresh").status == 404)
      try await database.psql("notify pgrst, 'reload schema'")
      try await eventually(rest, "/fresh", 200)
    }
  }

  @Test("shows the schemas of REST_SCHEMAS, and nothing else")
  func schemas() async throws {
    try await RestServer.with(settings: ["REST_SCHEMAS": "public, hidden"]) { rest in
      try await rest.server.database.psql(
        "grant usage on schema hidden to service_role; grant all on hidden.secrets to service_role"
      )
      let answer = try await rest.get("/secrets", ["Accept-Profile": "hidden"])
      #expect(answer.status == 200)
      #expect(answer.headers["content-profile"] == "hidden")
      #expect(try await rest.get("/secrets").status == 404)
      let write = try await rest.send(
        "POST",
        "/secrets",
        #"{"id":1}"#,
        ["Content-Profile": "hidden"]
      )
      #expect(write.status == 201)
    }
  }
}
