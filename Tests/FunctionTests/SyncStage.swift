import Core
import Crypto
import Glibc
import HTTP
import Loop
import Platforms
import Postgres
import TestSupport

/// A platform that answers what the test says, a user, and an account linked on it.
struct SyncStage: Sendable {
  let function: TestFunction
  let user: TestUser
  let account: String
  let calls: Findings<String>
  let world: World

  func sync(_ more: String = "", token: String? = nil) async throws -> TestAnswer {
    let body = #"{"social_account_id":"\#(account)"\#(more)}"#
    return try await function.send(token: token ?? user.token, body: body)
  }

  func used() async throws -> String {
    try await function.database.psql(
      """
      select syncs_used, (select count(*) from internal.quota_reservation)
      from public.subscription where user_id = '\(user.id)'
      """
    )
  }

  func account(_ columns: String) async throws -> String {
    try await function.database.psql(
      "select \(columns) from public.social_account where id = '\(account)'"
    )
  }

  private static let key =
    "k1:" + Base64.encode([UInt8](repeating: 7, count: 32).span)
  static let token = "ya29.canary-of-the-test"

  /// How the platform answers.
  @Loop
  final class World {
    var answer: @Loop (Request, [UInt8]) async -> Response

    nonisolated init(_ answer: @escaping @Loop (Request, [UInt8]) async -> Response) {
      self.answer = answer
    }
  }

  static func with<Function: EdgeFunction>(
    _ function: Function.Type,
    _ platform: Platform,
    settings: [String: String] = [:],
    answer: @escaping @Loop (Request, [UInt8]) async -> Response,
    _ body: (SyncStage) async throws -> Void
  ) async throws {
    let calls = Findings<String>()
    let world = World(answer)
    let server = try await HandlerServer { request in
      let bytes = (try? await request.body.collect(upTo: 1 << 20)) ?? []
      calls.add(request.path + (request.query.map { "?\($0)" } ?? ""))
      guard request.header("authorization") == "Bearer \(Self.token)" else {
        return Response(status: 401, json: Array(#"{"error":{"code":401}}"#.utf8))
      }
      return await world.answer(request, bytes)
    }
    let base = "http://\(server.address)"
    var all = [
      "YOUTUBE_BASE_URL": base, "INSTAGRAM_GRAPH_BASE_URL": base, "TIKTOK_BASE_URL": base,
      "GOOGLE_TOKEN_URL": base, "VAULT_KEYS": Self.key,
    ]
    all.merge(settings) { $1 }
    try await TestFunction.with(function, settings: all) { function in
      let user = try await function.signUp()
      let account = try await link(user, platform, function)
      try await body(
        SyncStage(function: function, user: user, account: account, calls: calls, world: world)
      )
    }
  }

  /// As a callback would have linked it: its tokens are sealed in the vault.
  private static func link(
    _ user: TestUser,
    _ platform: Platform,
    _ function: TestFunction
  ) async throws -> String {
    let name = "user_\(user.id)_\(platform.rawValue)_UC1"
    let now = Timestamp(unixSeconds: Int(time(nil)))
    let tokens = Tokens(
      accessToken: Self.token,
      issuedAt: now,
      expiresAt: Timestamp(unixSeconds: now.unixSeconds + 86_400 * 50)
    )
    let vault = try Vault(Configuration(["VAULT_KEYS": Self.key]))
    let sealed = try vault.seal(tokens.json, name: name)
    let scopes = platform.requiredScopes.joined(separator: ",")
    let id = try await function.database.psql(
      """
      set role streamvibe_owner;
      select from vault.put_sealed('\(sealed.id)', '\(name)', '\(sealed.sealed)');
      insert into public.platform_connection (
          user_id, platform_id, vault_secret_name, platform_user_id, scopes
      ) select '\(user.id)', id, '\(name)', 'UC1', '{\(scopes)}'
      from public.platform where slug = '\(platform.rawValue)';
      insert into public.social_account (
          user_id, connection_id, platform_id, status_id, account_name
      ) select c.user_id, c.id, c.platform_id, s.id, 'Channel'
      from public.platform_connection as c
      inner join public.account_status as s on s.slug = 'active'
      where c.user_id = '\(user.id)' returning id
      """
    )
    return String(id.split(separator: "\n").last ?? "")
  }

  /// A channel of so many videos.
  static func channel(_ count: Int) -> @Loop (Request, [UInt8]) async -> Response {
    { request, _ in
      let query = request.query ?? ""
      func parameter(_ name: String) -> String? {
        query.split(separator: "&").first { $0.hasPrefix("\(name)=") }
          .map { String($0.dropFirst(name.utf8.count + 1)) }
      }
      switch request.path {
      case "/youtube/v3/channels":
        return Response(
          json: Array(
            #"{"items":[{"contentDetails":{"relatedPlaylists":{"uploads":"UU1"}}}]}"#.utf8
          )
        )
      case "/youtube/v3/playlistItems":
        let start = parameter("pageToken").flatMap { Int($0) } ?? 0
        let end = min(start + (parameter("maxResults").flatMap { Int($0) } ?? 5), count)
        let items = (start..<end).map { #"{"contentDetails":{"videoId":"v\#($0)"}}"# }
        let next = end < count ? #","nextPageToken":"\#(end)""# : ""
        return Response(json: Array(#"{"items":[\#(items.joined(separator: ","))]\#(next)}"#.utf8))
      default:
        let ids = (parameter("id") ?? "").replacing("%2C", with: ",").split(separator: ",")
        let videos = ids.map {
          #"{"id":"\#($0)","snippet":{"title":"\#($0)","publishedAt":"2026-01-01T00:00:00Z"}}"#
        }
        return Response(json: Array(#"{"items":[\#(videos.joined(separator: ","))]}"#.utf8))
      }
    }
  }
}
