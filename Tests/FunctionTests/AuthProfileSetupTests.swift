import Core
import JSON
import TestSupport
import Testing

@testable import auth_profile_setup

@Suite("auth-profile-setup")
struct AuthProfileSetupTests {
  private let body =
    #"{"display_name":"Zoë Müller","bio":"Hello","category":"music","avatar_url":"https://a.example/z.png"}"#

  @Test("completes the caller's profile and says where it is")
  func completes() async throws {
    try await TestFunction.with(AuthProfileSetup.self) { function in
      let user = try await function.signUp()
      let answer = try await function.send(token: user.token, body: body)
      #expect(answer.status == 200)
      #expect(answer.json["success"] == true)
      #expect(answer.json["profile_slug"] == "zoe-muller")
      #expect(answer.json["is_public"] == true)
      #expect(answer.json["profile"]?["user_id"] == .string(user.id))
      #expect(answer.json["profile"]?["profile_url"] == "https://app.example/c/zoe-muller")
      let row = try await function.database.psql(
        """
        select display_name, bio, primary_category, avatar_url, is_onboarded
        from public.users where id = '\(user.id)'
        """
      )
      #expect(row.hasPrefix("Zoë Müller|Hello|music|https://a.example/z.png|t"))
    }
  }

  @Test("writes the profile's address with one slash, however the site's ends")
  func joinsAddresses() async throws {
    let settings = ["APP_BASE_URL": "https://app.example/"]
    try await TestFunction.with(AuthProfileSetup.self, settings: settings) { function in
      let answer = try await function.send(token: function.signUp().token, body: body)
      #expect(answer.json["profile"]?["profile_url"] == "https://app.example/c/zoe-muller")
    }
  }

  @Test("keeps the address when the profile is saved again, and gives another user another one")
  func keepsSlugs() async throws {
    try await TestFunction.with(AuthProfileSetup.self) { function in
      let first = try await function.signUp()
      let second = try await function.signUp()
      let answers = try await [first, first, second].mapInOrder {
        try await function.send(token: $0.token, body: body).json["profile_slug"]
      }
      #expect(answers[0] == "zoe-muller")
      #expect(answers[1] == "zoe-muller")
      #expect(answers[2] != "zoe-muller")
    }
  }

  @Test("gives a hundred users who save the same name at once a hundred addresses")
  func isUniqueUnderStorm() async throws {
    try await TestFunction.with(
      AuthProfileSetup.self,
      settings: ["DATABASE_CONNECTIONS": "8"]
    ) { function in
      var users: [TestUser] = []
      for _ in 0..<100 { users.append(try await function.signUp()) }
      let slugs = try await withThrowingTaskGroup(of: JSON?.self) { group in
        for user in users {
          group.addTask {
            try await function.send(token: user.token, body: body).json["profile_slug"]
          }
        }
        return try await group.reduce(into: Set<String>()) { slugs, slug in
          if case .string(let slug)? = slug { slugs.insert(slug) }
        }
      }
      #expect(slugs.count == 100)
    }
  }

  @Test("names every bad field at once")
  func validates() async throws {
    try await TestFunction.with(AuthProfileSetup.self) { function in
      let user = try await function.signUp()
      let long = String(repeating: "x", count: 1001)
      let answer = try await function.send(
        token: user.token,
        body:
          #"{"display_name":" ","bio":"\#(long)","category":"polka","avatar_url":"http://a.example","website_url":7}"#
      )
      #expect(answer.status == 422)
      #expect(answer.code == "VALIDATION_FAILED")
      guard case .array(let details)? = answer.json["error"]?["details"] else {
        Issue.record("there are no details")
        return
      }
      let fields = details.compactMap { $0["field"] }
      #expect(fields.count == 5)
      for field in ["display_name", "bio", "category", "avatar_url", "website_url"] {
        #expect(fields.contains(.string(field)))
      }
    }
  }

  @Test("takes the category under its other name too")
  func takesAlias() async throws {
    try await TestFunction.with(AuthProfileSetup.self) { function in
      let user = try await function.signUp()
      let answer = try await function.send(
        token: user.token,
        body: #"{"display_name":"A B","primary_category":"tech"}"#
      )
      #expect(answer.status == 200)
      let row = try await function.database.psql(
        "select primary_category from public.users where id = '\(user.id)'"
      )
      #expect(row.hasPrefix("tech"))
    }
  }

  @Test("lets nobody in who is not signed in")
  func requiresUser() async throws {
    try await TestFunction.with(AuthProfileSetup.self) { function in
      let anon = try TestFunction.token(role: "anon")
      let service = try TestFunction.token(role: "service_role")
      #expect(try await function.send(body: body).status == 401)
      #expect(try await function.send(token: anon, body: body).status == 401)
      #expect(try await function.send(token: "a.b.c", body: body).code == "UNAUTHORIZED")
      #expect(try await function.send(token: service, body: body).status == 403)
    }
  }

  @Test("has the categories that the database has")
  func knowsCategories() async throws {
    try await TestFunction.with(AuthProfileSetup.self) { function in
      let codes = try await function.database.psql(
        "select string_agg(code, ',' order by code) from public.content_category where is_active"
      )
      let known = ContentCategory.allCases.map(\.rawValue).sorted().joined(separator: ",")
      #expect(codes.hasPrefix(known))
    }
  }
}
