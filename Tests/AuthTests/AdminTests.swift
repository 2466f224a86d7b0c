import Crypto
import JSON
import TestSupport
import Testing

@testable import auth

@Suite("An admin")
struct AdminTests {
  @Test("is whom a signed role says, also without an end and whatever the subject")
  func isByRole() async throws {
    try await TestAuth.with { auth async throws in
      let keys = try TestKeys.shared
      let session = try await auth.signUp()
      let tokens: [(String?, Int, String?)] = [
        (try keys.token(role: "service_role", [:]), 200, nil),
        (try keys.token(role: "supabase_admin", ["sub": "1234567890"]), 200, nil),
        (try keys.token(role: "service_role", ["sub": "x", "aud": "", "exp": 1]), 403, "bad_jwt"),
        (try keys.token(role: "service_role", ["nbf": 99_999_999_999]), 403, "bad_jwt"),
        (try keys.token(role: "anon", [:]), 403, "not_admin"),
        (session.access, 403, "not_admin"), ("a.b.c", 403, "bad_jwt"),
        (nil, 401, "no_authorization"),
      ]
      let places = [
        ("GET", "admin/users"), ("POST", "admin/users"), ("GET", "admin/users/\(session.id)"),
        ("PUT", "admin/users/\(session.id)"), ("GET", "admin/users/\(session.id)/factors"),
        ("POST", "admin/generate_link"), ("POST", "invite"), ("GET", "admin/oauth/clients"),
      ]
      for (token, status, code) in tokens where code != nil {
        for (method, path) in places + [("DELETE", "admin/users/\(session.id)")] {
          let body: JSON? = method == "GET" ? nil : .object([])
          let answer = try await auth.send(method, path, body, token: token)
          #expect(answer.status == status, "\(method) \(path)")
          #expect(answer.errorCode == code)
        }
      }
      for (token, _, code) in tokens where code == nil {
        #expect(try await auth.send("GET", "admin/users", token: token).status == 200)
      }
      #expect(try await auth.user(session).status == 200)
    }
  }

  @Test("makes accounts, changes and deletes them")
  func keepsAccounts() async throws {
    try await TestAuth.with { auth async throws in
      let service = try auth.service
      let id = "0000000d-0000-4000-8000-000000000000"
      let made = try await auth.post(
        "admin/users",
        [
          "id": .string(id), "email": "Ann@example.com", "password": .string(TestAuth.password),
          "email_confirm": true, "user_metadata": ["name": "Ann"],
          "app_metadata": ["plan": "pro"], "phone": nil,
        ],
        token: service
      )
      #expect(made.status == 200)
      #expect(made.json["id"] == .string(id))
      #expect(made.json["app_metadata"]?["provider"] == "email")
      #expect(made.json["app_metadata"]?["plan"] == "pro")
      let session = try TestSession(try await auth.signIn())
      #expect(try session.claims["app_metadata"]?["plan"] == "pro")
      let path = "admin/users/\(id)"
      let changed = try await auth.send(
        "PUT",
        path,
        [
          "email": "new@example.com", "password": "set by an admin", "ban_duration": "1h30m",
          "user_metadata": ["name": nil, "x": 1], "role": "authenticated",
        ],
        token: service
      )
      #expect(changed.json["email"] == "new@example.com")
      #expect(changed.json["email_confirmed_at"]?.text != nil)
      #expect(changed.json["user_metadata"] == ["x": 1])
      #expect(changed.json["banned_until"]?.text != nil)
      #expect(try await auth.user(session).errorCode == "session_not_found")
      let banned = try await auth.signIn("new@example.com", password: "set by an admin")
      #expect(banned.errorCode == "user_banned")
      _ = try await auth.send("PUT", path, ["ban_duration": "none"], token: service)
      #expect(
        try await auth.signIn("new@example.com", password: "set by an admin").status == 200
      )
      #expect(try await auth.send("DELETE", path, token: service).body == "{}")
      #expect(try await auth.send("GET", path, token: service).errorCode == "user_not_found")
      #expect(try await auth.sql("select count(*) from public.users") == "0")
    }
  }

  @Test(
    "is told what is wrong with an account",
    arguments: [
      (#"{}"#, "validation_failed"), (#"{"email":"x"}"#, "validation_failed"),
      (#"{"email":"a@b.c","password":"short"}"#, "weak_password"),
      (#"{"email":"a@b.c","ban_duration":"soon"}"#, "validation_failed"),
      (#"{"email":"a@b.c","ban_duration":"-1h"}"#, "validation_failed"),
      (#"{"email":"a@b.c","role":"service_role"}"#, "validation_failed"),
      (#"{"email":"a@b.c","id":"x"}"#, "validation_failed"),
      (#"{"email":"a@b.c","phone":"+1555"}"#, "phone_provider_disabled"),
      (#"{"email":"a@b.c","password_hash":"$argon2id$x"}"#, "validation_failed"),
      (
        #"{"email":"a@b.c","app_metadata":{"x":"\#(String(repeating: "x", count: 3000))"}}"#,
        "validation_failed"
      ),
      (#"{"email":"taken@example.com"}"#, "email_exists"),
    ]
  )
  func validates(_ body: String, _ code: String) async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.signUp("taken@example.com")
      let answer = try await auth.server.send(
        "POST",
        "/auth/v1/admin/users",
        token: try auth.service,
        body: body
      )
      #expect(answer.errorCode == code)
      #expect((400..<500).contains(answer.status))
    }
  }

  @Test("can't have each token carry more than 2 kB, also a little at a time")
  func boundsMetadata() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      func patch(_ name: String, _ value: JSON) async throws -> TestAnswer {
        try await auth.send(
          "PUT",
          "admin/users/\(session.id)",
          ["app_metadata": .object([JSON.Member(name, value)])],
          token: auth.service
        )
      }
      let long = JSON.string(String(repeating: "x", count: 1200))
      #expect(try await patch("a", long).status == 200)
      let second = try await patch("b", long)
      #expect(second.status == 400)
      #expect(second.errorCode == "validation_failed")
      #expect(try await patch("a", nil).json["app_metadata"]?["provider"] == "email")
      #expect(try await patch("b", long).status == 200)
    }
  }

  @Test("can't give an account the id of another, and hears so")
  func keepsIDsUnique() async throws {
    try await TestAuth.with { auth async throws in
      let service = try auth.service
      let session = try await auth.signUp()
      let taken = try await auth.post(
        "admin/users",
        ["id": .string("\(session.id)"), "email": "other@example.com"],
        token: service
      )
      #expect(taken.status == 422)
      #expect(taken.errorCode == "user_already_exists")
      #expect(try await auth.sql("select count(*) from auth.users") == "1")
    }
  }

  @Test("takes an account out of use with everything personal in it, and its address is free")
  func retiresAccounts() async throws {
    try await TestAuth.with { auth async throws in
      let session = try await auth.signUp()
      let path = "admin/users/\(session.id)"
      let answer = try await auth.send(
        "DELETE",
        path,
        ["should_soft_delete": true],
        token: auth.service
      )
      #expect(answer.body == "{}")
      #expect(try await auth.user(session).errorCode == "user_not_found")
      #expect(try await auth.refresh(session.refresh).status == 400)
      let kept = try await auth.send("GET", path, token: auth.service)
      #expect(kept.json["deleted_at"]?.text != nil)
      let left = try await auth.sql(
        "select count(*) from auth.users as u left join auth.identities as i on true "
          + "where u::text ~ 'ann' or i::text ~ 'ann'"
      )
      #expect(left == "0")
      #expect(try await auth.signUp().id != session.id)
    }
  }

  @Test("turns pages")
  func listsAccounts() async throws {
    try await TestAuth.with { auth async throws in
      _ = try await auth.sql(
        """
        insert into auth.users (email, created_at, raw_user_meta_data)
        select 'user' || n || '@example.com', now() - n * interval '1 second',
            jsonb_build_object('full_name', 'Number ' || n)
        from generate_series(1, 7) as n
        """
      )
      let service = try auth.service
      let page = try await auth.send("GET", "admin/users?page=2&per_page=3", token: service)
      let emails = page.json["users"]?.elements?.compactMap { $0["email"]?.text }
      #expect(emails == ["user4@example.com", "user5@example.com", "user6@example.com"])
      #expect(page.json["aud"] == "authenticated")
      #expect(page.headers["x-total-count"] == "7")
      let base = "https://api.example/auth/v1/admin/users?page"
      #expect(
        page.headers["link"]
          == "<\(base)=3&per_page=3>; rel=\"next\", <\(base)=3&per_page=3>; rel=\"last\""
      )
      let last = try await auth.send("GET", "admin/users?page=3&per_page=3", token: service)
      #expect(last.headers["link"] == "<\(base)=3&per_page=3>; rel=\"last\"")
      #expect(last.json["users"]?.elements?.count == 1)
      let empty = try await auth.send("GET", "admin/users?page=&per_page=", token: service)
      #expect(empty.json["users"]?.elements?.count == 7)
      for filter in ["USER3", "number%203"] {
        let found = try await auth.send("GET", "admin/users?filter=\(filter)", token: service)
        #expect(found.headers["x-total-count"] == "1")
      }
      for page in ["0", "-1", "x", "99999999999"] {
        let answer = try await auth.send("GET", "admin/users?page=\(page)", token: service)
        #expect(answer.errorCode == "validation_failed")
      }
    }
  }

  @Test("imports bcrypt's hashes")
  func importsHashes() async throws {
    try await TestAuth.with { auth async throws in
      let hash = try Bcrypt.hash(TestAuth.password.utf8.span, cost: 4)
      let body: JSON = [
        "email": "ann@example.com", "password_hash": .string(hash), "email_confirm": true,
      ]
      #expect(try await auth.post("admin/users", body, token: auth.service).status == 200)
      #expect(try await auth.signIn().status == 200)
    }
  }
}
