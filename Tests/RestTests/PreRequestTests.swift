import Core
import JSON
import TestSupport
import Testing

@Suite("A function before each request")
struct PreRequestTests {
  private static let settings = ["REST_PRE_REQUEST": "hidden.before"]

  private func prepare(_ rest: RestServer) async throws {
    try await rest.server.database.psql(
      """
      create function hidden.before() returns void language plpgsql as $$
      begin
          if current_setting('request.headers')::json ->> 'x-stop' is not null then
              raise exception using errcode = 'PT418', message = 'not today';
          end if;
          if current_setting('transaction_read_only') = 'off' then
              insert into public.tags (id, label) values (901, current_user);
          end if;
          perform set_config('response.headers', '[{"X-Before": "yes"}]', true);
      end $$;
      grant usage on schema hidden to service_role;
      grant execute on function hidden.before() to service_role
      """
    )
  }

  @Test("may refuse it, sees who asks, and shares its transaction")
  func runs() async throws {
    try await RestServer.with(settings: Self.settings) { rest in
      try await prepare(rest)
      let read = try await rest.get("/tags?id=eq.1&select=id", ["Prefer": "count=planned"])
      #expect(read.body == #"[{"id":1}]"#)
      #expect(read.headers["x-before"] == "yes")
      for path in ["/tags", "/", "/rpc/request"] {
        let stopped = try await rest.get(path, ["X-Stop": "1"])
        #expect(stopped.status == 418, "\(path)")
        #expect(stopped.json["message"] == "not today")
      }
      let failed = try await rest.send("POST", "/tags", #"{"id":1}"#)
      #expect(failed.json["code"] == "23505")
      #expect(try await rest.get("/tags?id=eq.901").body == "[]")
      #expect(try await rest.send("POST", "/tags", #"{"id":902}"#).status == 201)
      #expect(
        try await rest.get("/tags?id=eq.901&select=label").json == [["label": "service_role"]]
      )
    }
  }

  @Test("is a function's name", arguments: ["a.b.c", ".b", "a."])
  func isNamed(name: String) async throws {
    let settings = ["REST_PRE_REQUEST": name]
    await #expect(throws: ConfigurationError.self) {
      try await RestServer.with(settings: settings) { _ in }
    }
  }
}
