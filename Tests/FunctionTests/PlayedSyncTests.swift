import Core
import JSON
import Platforms
import TestSupport
import Testing

@testable import sync_instagram
@testable import sync_tiktok
@testable import sync_youtube

@Suite("sync-<platform> against the platforms as the sandbox plays them")
struct PlayedSyncTests {
  /// Links an account as its owner would, and hands over the function that syncs it.
  private func with(
    _ platform: Platforms.Platform,
    _ body: (LinkingWorld, TestFunction) async throws -> Void
  ) async throws {
    try await LinkingWorld.with(platform) { world in
      let settings = world.played.settings
      switch platform {
      case .youtube:
        try await TestFunction.with(SyncYoutube.self, settings: settings, on: world.database) {
          try await body(world, $0)
        }
      case .instagram:
        try await TestFunction.with(SyncInstagram.self, settings: settings, on: world.database) {
          try await body(world, $0)
        }
      case .tiktok:
        try await TestFunction.with(SyncTiktok.self, settings: settings, on: world.database) {
          try await body(world, $0)
        }
      }
    }
  }

  private func account(_ answer: TestAnswer) throws -> String {
    guard case .string(let id)? = answer.json["social_account_id"] else {
      Issue.record("it is not linked: \(answer.body)")
      return ""
    }
    return id
  }

  @Test(
    "reads what a creator published, whatever it is, and finds nothing new the next time",
    arguments: Platforms.Platform.allCases
  )
  func syncs(_ platform: Platforms.Platform) async throws {
    try await with(platform) { world, sync in
      for key in ["ada", "empty", "one", "page", "page-plus", "edges", "languages", "huge-ids"] {
        let user = try await world.signUp()
        let account = try account(try await world.link(user, as: key))
        let body = #"{"social_account_id":"\#(account)","full":true}"#
        let first = try await sync.send(token: user.token, body: body)
        #expect(first.status == 200, "\(key): \(first.body)")
        #expect(first.json["failed_count"] == 0, "\(key): \(first.body)")
        #expect(first.json["new_items"] == first.json["total_count"])
        let second = try await sync.send(token: user.token, body: body)
        #expect(second.json["synced_count"] == first.json["synced_count"])
        for count in ["new_items", "updated_items", "deleted_items", "failed_count"] {
          #expect(second.json[count] == 0, "\(key): \(second.body)")
        }
      }
    }
  }

  @Test(
    "writes what an account says of itself by now",
    arguments: Platforms.Platform.allCases
  )
  func renewsProfiles(_ platform: Platforms.Platform) async throws {
    try await with(platform) { world, sync in
      let user = try await world.signUp()
      let account = try account(try await world.link(user, as: "page"))
      func profile() async throws -> String {
        try await world.ask(
          """
          select account_name, account_username, account_avatar_url, account_url, description,
              follower_count, following_count, post_count
          from public.social_account where id = '\(account)'
          """
        )
      }
      let linked = try await profile()
      _ = try await world.ask(
        """
        update public.social_account set account_name = 'Old name', follower_count = 1,
            post_count = 1, account_avatar_url = 'https://old.example/a'
        where id = '\(account)'
        """
      )
      let body = #"{"social_account_id":"\#(account)"}"#
      #expect(try await sync.send(token: user.token, body: body).status == 200)
      #expect(try await profile() == linked)
    }
  }

  @Test(
    "stores ids of many digits, counts beyond 2^53 and any language to the letter",
    arguments: Platforms.Platform.allCases
  )
  func keepsLetters(_ platform: Platforms.Platform) async throws {
    try await with(platform) { world, sync in
      for key in ["huge-ids", "languages"] {
        let user = try await world.signUp()
        let account = try account(try await world.link(user, as: key))
        let body = #"{"social_account_id":"\#(account)","full":true}"#
        #expect(try await sync.send(token: user.token, body: body).status == 200)
        let stored = try await world.ask(
          """
          select json_agg(json_build_object('id', c.platform_content_id, 'text', c.description,
              'views', c.views_count, 'likes', c.likes_count) order by c.platform_content_id)
          from public.content_item as c
          inner join public.content_type as t on c.content_type_id = t.id
          where c.social_account_id = '\(account)' and t.slug <> 'story'
          """
        )
        let items = try await world.played.items(platform.rawValue, key)
          .filter { $0["kind"] != "story" }
          .enumerated().map { (place, item) -> JSON in
            [
              "id": item["id"] ?? .null,
              "text": item[platform == .instagram ? "caption" : "description"] ?? .null,
              "views": platform == .instagram && place >= 50 ? 0 : item["views"] ?? .null,
              "likes": item["likes"] ?? .null,
            ]
          }
          .sorted { "\($0["id"] ?? .null)" < "\($1["id"] ?? .null)" }
        #expect(items.count > 30)
        #expect(try JSON(parsing: Array(stored.utf8)) == .array(items), "\(key)")
      }
    }
  }

  @Test(
    "stores the views and shares of Instagram's newest media where that was allowed",
    arguments: [("page", nil), ("ada", ["instagram_business_basic"])] as [(String, [String]?)]
  )
  func storesInsights(_ key: String, _ grant: [String]?) async throws {
    try await with(.instagram) { world, sync in
      let user = try await world.signUp()
      let linked = try await world.finish(user, world.start(user, as: key, grant: grant))
      let body = #"{"social_account_id":"\#(try account(linked))"}"#
      #expect(try await sync.send(token: user.token, body: body).status == 200)
      let stored = try await world.ask(
        """
        select i.platform_content_id, i.views_count, i.shares_count from public.content_item as i
        inner join public.content_type as t on t.id = i.content_type_id
        where t.slug <> 'story' order by 1
        """
      )
      let told = try await world.played.items("instagram", key).prefix(50)
        .filter { $0["kind"] != "story" }.map { item in
          let id = item["id"]?.text ?? ""
          guard grant == nil else { return "\(id)|0|0" }
          return "\(id)|\(item["views"]?.integer ?? 0)|\(item["shares"]?.integer ?? 0)"
        }
      #expect(told.count == 50)
      #expect(stored == told.sorted().joined(separator: "\n"))
    }
  }
}
