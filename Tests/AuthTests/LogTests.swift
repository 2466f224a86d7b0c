import JSON
import TestSupport
import Testing

@testable import auth

@Suite("Auth's log in the database")
struct LogTests {
  @Test("has every act of somebody's, in the words that its readers know")
  func notesActs() async throws {
    try await TestAuth.with { auth async throws in
      var session = try await auth.signUp()
      let details: JSON = ["email": "ann@example.com", "password": .string(TestAuth.password)]
      _ = try await auth.post("signup", details)
      #expect(
        try await auth.entries() == [
          "user_confirmation_requested user", "user_signedup team", "login account",
          "user_repeated_signup user",
        ]
      )

      session = try TestSession(try await auth.signIn())
      session = try TestSession(try await auth.refresh(session.refresh))
      _ = try await auth.send(
        "PUT",
        "user",
        ["password": "another good one", "data": ["full_name": "Ann"]],
        token: session.access
      )
      _ = try await auth.post("recover", ["email": "ann@example.com"])
      _ = try await auth.post("otp", ["email": "ann@example.com"])
      _ = try await auth.send("GET", "reauthenticate", token: session.access)
      _ = try await auth.send("POST", "logout", token: session.access)
      #expect(
        try await auth.entries(after: 4) == [
          "login account", "token_refreshed token", "user_updated_password user",
          "user_modified user", "user_recovery_requested user", "user_recovery_requested user",
          "user_reauthenticate_requested user", "logout account",
        ]
      )
      let entry = try await auth.sql(
        "select payload from auth.audit_log_entries order by created_at desc, id desc limit 1"
      )
      let expected: JSON = [
        "action": "logout", "actor_id": .string(session.id), "actor_name": "Ann",
        "actor_username": "ann@example.com", "actor_via_sso": false, "log_type": "account",
      ]
      #expect(try JSON(parsing: Array(entry.utf8)).sorted == expected.sorted)
    }
  }

  @Test("says of an admin's acts by which role, and to whom")
  func notesAdmins() async throws {
    try await TestAuth.with { auth async throws in
      let service = try auth.service
      let made = try await auth.post("admin/users", ["email": "a@b.c"], token: service)
      let id = made.json["id"]?.text ?? ""
      let path = "admin/users/\(id)"
      _ = try await auth.send("PUT", path, ["password": "long enough"], token: service)
      _ = try await auth.post("invite", ["email": "i@b.c"], token: service)
      _ = try await auth.post(
        "admin/generate_link",
        ["type": "recovery", "email": "a@b.c"],
        token: service
      )
      _ = try await auth.send("DELETE", path, token: service)
      #expect(
        try await auth.entries() == [
          "user_signedup team", "user_modified user", "user_invited team",
          "user_recovery_requested user", "user_deleted team",
        ]
      )
      let admins = try await auth.sql(
        """
        select count(*) from auth.audit_log_entries
        where payload ->> 'actor_username' = 'service_role'
          and payload ->> 'actor_id' = '00000000-0000-0000-0000-000000000000'
          and payload -> 'traits' ->> 'user_email' in ('a@b.c', 'i@b.c')
        """
      )
      #expect(admins == "5")
      #expect(
        try await auth.sql(
          "select payload -> 'traits' ->> 'user_id' from auth.audit_log_entries "
            + "where payload ->> 'action' = 'user_deleted'"
        ) == id
      )
    }
  }

  @Test("knows from where, of each request its own")
  func notesAddresses() async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.signUp()
      let rows = try await auth.sql(
        "select distinct ip_address from auth.audit_log_entries"
      )
      #expect(rows == "127.0.0.1")
      // What one request said is not what the next on the same connection is taken to say.
      _ = try await auth.post("admin/users", ["email": "a@b.c"], token: auth.service)
      _ = try await auth.signIn()
      #expect(
        try await auth.sql(
          "select payload ->> 'actor_username' from auth.audit_log_entries "
            + "order by created_at desc, id desc limit 1"
        ) == "ann@example.com"
      )
    }
  }

  @Test("has what was done, not what was refused")
  func belongsToTheAct() async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.signUp()
      let before = try await auth.entries().count
      #expect(try await auth.signIn(password: "wrong wrong").status == 400)
      #expect(try await auth.refresh("aaaaaaaaaaaa").status == 400)
      _ = try await auth.sql(
        """
        create function public.no() returns trigger language plpgsql
        as $$ begin raise exception 'no'; end; $$;
        create trigger no before insert on auth.users execute function public.no()
        """
      )
      let refused = try await auth.post(
        "signup",
        ["email": "b@example.com", "password": .string(TestAuth.password)]
      )
      #expect(refused.status == 500)
      #expect(try await auth.entries().count == before)
    }
  }

  @Test("holds neither passwords nor tokens nor codes")
  func holdsNoSecret() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let next = try TestSession(try await auth.refresh(session.refresh))
      _ = try await auth.post("recover", ["email": "ann@example.com"])
      let mails = try await auth.mails(to: "ann@example.com")
      let log = try await auth.sql("select payload, ip_address from auth.audit_log_entries")
      #expect(log.contains("token_refreshed"))
      var secrets = [TestAuth.password, session.access, session.refresh, next.access, next.refresh]
      for mail in mails { secrets += [mail.token, mail.tokenHash] }
      for secret in secrets {
        #expect(!secret.isEmpty)
        #expect(!log.contains(secret))
      }
    }
  }

  @Test("loses nothing of a reuse: the session ends, and the log says why")
  func notesReuse() async throws {
    try await TestAuth.with(["AUTH_REFRESH_REUSE_SECONDS": "0"]) { auth async throws in
      let first = try await auth.signUp()
      let second = try TestSession(try await auth.refresh(first.refresh))
      _ = try await auth.refresh(second.refresh)
      #expect(try await auth.refresh(first.refresh).status == 400)
      #expect(try await auth.entries().last == "token_revoked token")
    }
  }
}

extension TestAuth {
  /// What the log has, oldest first: the action and the type of each entry.
  func entries(after count: Int = 0) async throws -> [String] {
    let rows = try await sql(
      """
      select (payload ->> 'action') || ' ' || (payload ->> 'log_type')
      from auth.audit_log_entries order by created_at, id
      """
    )
    return rows.split(separator: "\n").dropFirst(count).map(String.init)
  }
}

extension JSON {
  /// An object with its members in the order of their names.
  fileprivate var sorted: JSON {
    guard case .object(let members) = self else { return self }
    return .object(members.sorted { $0.name < $1.name })
  }
}
