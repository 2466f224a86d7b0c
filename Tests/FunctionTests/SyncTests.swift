import Core
import Glibc
import HTTP
import JSON
import Loop
import Platforms
import Postgres
import TestSupport
import Testing

@testable import sync_instagram
@testable import sync_tiktok
@testable import sync_youtube

@Suite("sync-youtube, sync-instagram and sync-tiktok")
struct SyncTests {
  @Test("reads fifty of the newest, and says what came of it and when the next is due")
  func syncs() async throws {
    try await SyncStage.with(SyncYoutube.self, .youtube, answer: SyncStage.channel(120)) { stage in
      let answer = try await stage.sync()
      #expect(answer.status == 200)
      #expect(answer.json["success"] == true)
      #expect(answer.json["synced_count"] == 50)
      #expect(answer.json["new_items"] == 50)
      #expect(answer.json["updated_items"] == 0)
      #expect(answer.json["failed_count"] == 0)
      #expect(answer.json["total_count"] == 50)
      #expect(answer.json["quota"]?["used"] == 1)
      #expect(answer.json["quota"]?["limit"] == 10)
      guard case .string? = answer.json["next_sync_at"] else {
        Issue.record("it does not say when the next is due")
        return
      }
      #expect(try await stage.used() == "1|0\n")

      let again = try await stage.sync(#","max_results":500"#)
      #expect(again.json["new_items"] == 70)
      #expect(again.json["synced_count"] == 120)
      let full = try await stage.sync(#","full":true"#)
      #expect(full.json["new_items"] == 0)
      #expect(full.json["synced_count"] == 120)
      // 3 units, then 6, as the channel's list is known; a full sync asks for it anew.
      let units = try await stage.function.database.psql(
        "select units_used from internal.platform_day"
      )
      #expect(units == "16\n")
    }
  }

  @Test("syncs the only account when none is named, and asks which when there are several")
  func findsAccount() async throws {
    try await SyncStage.with(SyncYoutube.self, .youtube, answer: SyncStage.channel(3)) { stage in
      let answer = try await stage.function.send(token: stage.user.token, body: "{}")
      #expect(answer.json["new_items"] == 3)
      let stranger = try await stage.function.signUp()
      #expect(try await stage.sync(token: stranger.token).code == "NOT_FOUND")
      #expect(try await stage.function.send(token: stranger.token, body: "{}").code == "NOT_FOUND")
      let nobody = try await stage.function.send(body: "{}")
      #expect(nobody.status == 401)
      for body in [#"{"max_results":0}"#, #"{"max_results":501}"#, #"{"social_account_id":"x"}"#] {
        let answer = try await stage.function.send(token: stage.user.token, body: body)
        #expect(answer.code == "VALIDATION_FAILED")
      }
      #expect(try await stage.sync(#","async":true"#).code == "NOT_CONFIGURED")
      #expect(try await stage.used() == "1|0\n")
    }
  }

  @Test("works for the service role as the account's owner, named or not")
  func actsForOwner() async throws {
    try await SyncStage.with(SyncYoutube.self, .youtube, answer: SyncStage.channel(3)) { stage in
      let service = try TestFunction.token(role: "service_role")
      let unnamed = try await stage.sync(token: service)
      #expect(unnamed.status == 200)
      #expect(unnamed.json["quota"]?["used"] == 1)
      let body = #"{"social_account_id":"\#(stage.account)"}"#
      let named = try await stage.function.send(
        token: service,
        body: body,
        headers: ["On-Behalf-Of": stage.user.id]
      )
      #expect(named.json["quota"]?["used"] == 2)
      let stranger = try await stage.function.signUp()
      let other = try await stage.function.send(
        token: service,
        body: body,
        headers: ["On-Behalf-Of": stranger.id]
      )
      #expect(other.code == "NOT_FOUND")
      #expect(try await stage.function.send(token: service, body: "{}").code == "FORBIDDEN")
      let unknown = #"{"social_account_id":"0000000a-0000-4000-8000-000000000000"}"#
      #expect(try await stage.function.send(token: service, body: unknown).code == "NOT_FOUND")
      #expect(try await stage.used() == "2|0\n")
    }
  }

  @Test("refuses the eleventh sync of a month on the free tier")
  func isMetered() async throws {
    try await SyncStage.with(SyncYoutube.self, .youtube, answer: SyncStage.channel(3)) { stage in
      for _ in 0..<10 { #expect(try await stage.sync().status == 200) }
      let answer = try await stage.sync()
      #expect(answer.status == 403)
      #expect(answer.code == "QUOTA_EXCEEDED")
      #expect(answer.json["error"]?["details"]?["limit"] == 10)
    }
  }

  @Test("answers what the platform refuses by its class, keeps it, and gives the unit back")
  func tellsFailures() async throws {
    try await SyncStage.with(SyncYoutube.self, .youtube, answer: SyncStage.channel(3)) { stage in
      let cases: [(Int, String, [String: String], code: String, status: String)] = [
        (
          403, #"{"error":{"errors":[{"reason":"quotaExceeded"}]}}"#, [:], "PROVIDER_QUOTA",
          "quota_exceeded"
        ),
        (
          503, #"{"error":{"errors":[{"reason":"backendError"}]}}"#, ["retry-after": "120"],
          "UPSTREAM_FAILED", "retry_later"
        ),
        (
          403, #"{"error":{"errors":[{"reason":"accessNotConfigured"}]}}"#, [:],
          "UPSTREAM_FAILED", "failed"
        ),
        (200, "<html>hello</html>", [:], "UPSTREAM_FAILED", "retry_later"),
      ]
      for (status, body, headers, code, kept) in cases {
        try await onLoop {
          stage.world.answer = { _, _ in
            var response = Response(status: status, json: Array(body.utf8))
            if let wait = headers["retry-after"] { response.headers.append(("retry-after", wait)) }
            return response
          }
        }
        let answer = try await stage.sync()
        #expect(answer.code == code, "\(body.prefix(60))")
        if code == "PROVIDER_QUOTA" { #expect(Int(answer.headers["retry-after"] ?? "") ?? 0 > 0) }
        if status == 503 { #expect(answer.headers["retry-after"] == "120") }
        #expect(try await stage.account("last_sync_status, last_error is null") == "\(kept)|f\n")
        #expect(try await stage.used() == "0|0\n")
      }
      try await onLoop { stage.world.answer = SyncStage.channel(3) }
      #expect(try await stage.sync().status == 200)
      #expect(try await stage.account("last_sync_status, last_error") == "completed|\n")
    }
  }

  @Test("takes an account out of use whose channel is closed, and tells its owner")
  func endsClosed() async throws {
    try await SyncStage.with(SyncYoutube.self, .youtube, answer: SyncStage.channel(3)) { stage in
      try await onLoop {
        stage.world.answer = { _, _ in
          let body = #"{"error":{"errors":[{"reason":"authenticatedUserAccountClosed"}]}}"#
          return Response(status: 403, json: Array(body.utf8))
        }
      }
      let answer = try await stage.sync()
      #expect(answer.code == "UPSTREAM_FAILED")
      #expect(answer.json["error"]?["details"]?["reason"] == "authenticatedUserAccountClosed")
      #expect(
        try await stage.account("is_active, last_sync_status, next_sync_at") == "f|failed|\n"
      )
      let told = try await stage.function.database.psql(
        "select title, message from public.notification where user_id = '\(stage.user.id)'"
      )
      #expect(
        told == """
          Your channel on YouTube is closed or suspended\
          |Channel: the channel is closed or suspended on YouTube

          """
      )
      #expect(try await stage.used() == "0|0\n")
      // It counts no more, and is not called for.
      let count = try await stage.function.database.psql(
        "select social_accounts_used from public.subscription where user_id = '\(stage.user.id)'"
      )
      #expect(count == "0\n")
      let calls = await stage.calls.first(100).count
      #expect(try await stage.sync().code == "REAUTH_REQUIRED")
      #expect(await stage.calls.first(100).count == calls)
    }
  }

  @Test("asks to link again when the token is dead, and calls the platform no more")
  func asksToRelink() async throws {
    try await SyncStage.with(SyncYoutube.self, .youtube, answer: SyncStage.channel(3)) { stage in
      try await onLoop {
        stage.world.answer = { _, _ in
          Response(status: 401, json: Array(#"{"error":{"errors":[{"reason":"authError"}]}}"#.utf8))
        }
      }
      let answer = try await stage.sync()
      #expect(answer.status == 409)
      #expect(answer.code == "REAUTH_REQUIRED")
      #expect(try await stage.account("last_sync_status, next_sync_at") == "reauth_required|\n")
      #expect(try await stage.used() == "0|0\n")
      let calls = await stage.calls.first(100).count
      #expect(try await stage.sync().code == "REAUTH_REQUIRED")
      #expect(await stage.calls.first(100).count == calls)
    }
  }

  @Test("names the permission that is missing")
  func namesScopes() async throws {
    try await SyncStage.with(SyncTiktok.self, .tiktok, answer: { _, _ in Response(status: 500) }) {
      stage in
      try await stage.function.database.psql(
        "update public.platform_connection set scopes = '{user.info.basic}'"
      )
      let answer = try await stage.sync()
      #expect(answer.code == "SCOPE_MISSING")
      #expect(answer.json["error"]?["details"]?["scopes"] == ["video.list"])
      #expect(try await stage.used() == "0|0\n")
    }
  }

  @Test("says when units return, once a user's share of the deployment's day is used up")
  func sharesUnits() async throws {
    let settings = ["YOUTUBE_DAILY_UNITS": "4"]
    try await SyncStage.with(
      SyncYoutube.self,
      .youtube,
      settings: settings,
      answer: SyncStage.channel(120)
    ) { stage in
      #expect(try await stage.sync().status == 200)
      let answer = try await stage.sync()
      #expect(answer.code == "PROVIDER_QUOTA")
      #expect(answer.json["error"]?["details"]?["resets_at"] != nil)
      #expect(Int(answer.headers["retry-after"] ?? "") ?? 0 > 0)
      #expect(try await stage.used() == "1|0\n")
      #expect(await stage.calls.first(4).count == 4)
    }
  }

  @Test("lets one of many at once run, and tells the others")
  func runsOnce() async throws {
    let settings = ["DATABASE_CONNECTIONS": "8"]
    let answer = SyncStage.channel(30)
    try await SyncStage.with(
      SyncYoutube.self,
      .youtube,
      settings: settings,
      answer: { request, body in
        try? await Loop.sleep(for: .milliseconds(200))
        return await answer(request, body)
      }
    ) { stage in
      try await stage.function.database.psql(
        """
        update public.subscription
        set tier_id = (select id from public.subscription_tier where slug = 'premium')
        """
      )
      let codes = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<32 {
          group.addTask {
            let answer = try await stage.sync()
            return answer.code ?? "\(answer.status)"
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let ran = codes.count { $0 == "200" }
      #expect(ran >= 1)
      #expect(codes.count { $0 == "CONFLICT" } == 32 - ran)
      #expect(try await stage.used() == "\(ran)|0\n")
      let items = try await stage.function.database.psql(
        "select count(*), count(distinct platform_content_id) from public.content_item"
      )
      #expect(items == "30|30\n")
    }
  }

  @Test("reads an Instagram account's media and stories")
  func syncsInstagram() async throws {
    try await SyncStage.with(
      SyncInstagram.self,
      .instagram,
      answer: { request, _ in
        let story = request.path.hasSuffix("/stories")
        let items = (1...2).map {
          let id = "\(story ? 9 : 1)\($0)"
          let time = story ? "\(Timestamp.now)" : "2026-10-01T12:00:0\($0)+0000"
          return #"{"id":"\#(id)","media_type":"IMAGE","timestamp":"\#(time)"}"#
        }
        return Response(json: Array(#"{"data":[\#(items.joined(separator: ","))]}"#.utf8))
      }
    ) { stage in
      let answer = try await stage.sync()
      #expect(answer.json["new_items"] == 4)
      try await onLoop {
        let before = stage.world.answer
        stage.world.answer = { request, body in
          request.path.hasSuffix("/stories")
            ? Response(status: 400, json: Array(#"{"error":{"code":100}}"#.utf8))
            : await before(request, body)
        }
      }
      // Stories that can't be listed are not gone; an empty list says that they are.
      #expect(try await stage.sync().json["deleted_items"] == 0)
      try await onLoop {
        let before = stage.world.answer
        stage.world.answer = { request, body in
          request.path.hasSuffix("/stories")
            ? Response(json: Array(#"{"data":[]}"#.utf8)) : await before(request, body)
        }
      }
      #expect(try await stage.sync().json["deleted_items"] == 2)
      let calls = await stage.calls.first(6)
      #expect(calls.allSatisfy { $0.hasPrefix("/v25.0/me") && !$0.contains(SyncStage.token) })
    }
  }

  @Test("reads a TikTok account's videos, twenty a page")
  func syncsTikTok() async throws {
    try await SyncStage.with(
      SyncTiktok.self,
      .tiktok,
      answer: { _, body in
        let isSecond = String(decoding: body, as: UTF8.self).contains("cursor")
        let numbers = isSecond ? 20..<30 : 0..<20
        let videos = numbers.map { #"{"id":"7\#($0)","create_time":\#(1_790_000_000 - $0)}"# }
        let list = videos.joined(separator: ",")
        let data = #"{"videos":[\#(list)],"cursor":5,"has_more":\#(!isSecond)}"#
        return Response(json: Array(#"{"data":\#(data),"error":{"code":"ok"}}"#.utf8))
      }
    ) { stage in
      let answer = try await stage.sync()
      #expect(answer.json["new_items"] == 30)
      // two pages, and what the account says of itself
      #expect(await stage.calls.first(3).count == 3)
    }
  }

  @Test("tells under /metrics how well links and syncs go")
  func tellsGauges() async throws {
    let path = "/tmp/streamvibe-metrics-\(getpid()).sock"
    try await SyncStage.with(
      SyncYoutube.self,
      .youtube,
      settings: ["METRICS_LISTEN": "unix:\(path)"],
      answer: SyncStage.channel(3)
    ) { stage in
      for _ in 0..<100 {
        let client = try RawClient(#require(SocketAddress("unix:\(path)")))
        client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        if client.readAll().contains("\nsync_deduplication_ratio 1\n") { return }
        usleep(50_000)
      }
      Issue.record("the gauge is not there")
    }
  }
}
