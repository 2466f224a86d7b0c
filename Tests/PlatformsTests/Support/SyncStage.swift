import Loop
import Postgres
import TestSupport

@testable import Platforms

/// A database with a user and a linked account, for syncs of it.
struct SyncStage: Sendable {
  let database: TestDatabase
  let pool: Database

  static func with<Value: Sendable>(
    connections: Int = 2,
    _ body: @escaping @Loop (SyncStage) async throws -> Value
  ) async throws -> Value {
    try await TestDatabase.with(TestServer.migrated) { database in
      try await onLoop {
        var settings = Database.Settings(url: database.url(user: "edge"))
        settings.connections = connections
        let pool = try Database(settings)
        defer { pool.close() }
        return try await body(SyncStage(database: database, pool: pool))
      }
    }
  }

  /// A new user with one account on the platform.
  func link(_ platform: Platform = .youtube, tier: String = "premium") async throws -> Linked {
    let ids = try await database.psql(
      """
      with person as (
          insert into auth.users (id, email)
          values (gen_random_uuid(), gen_random_uuid() || '@example.com') returning id
      ) select id from person
      """
    )
    let user = try requireUUID(ids)
    let account = try await database.psql(
      """
      set role streamvibe_owner;
      update public.subscription set tier_id =
          (select id from public.subscription_tier where slug = '\(tier)')
      where user_id = '\(user)';
      insert into public.platform_connection (
          user_id, platform_id, vault_secret_name, platform_user_id
      ) select '\(user)', id, 'user_\(user)_\(platform.rawValue)', 'UC\(user)'
      from public.platform where slug = '\(platform.rawValue)';
      insert into public.social_account (
          user_id, connection_id, platform_id, status_id, account_name
      ) select c.user_id, c.id, c.platform_id, s.id, 'Channel'
      from public.platform_connection as c
      inner join public.account_status as s on s.slug = 'active'
      where c.user_id = '\(user)'
      returning id
      """
    )
    return Linked(
      user: user,
      account: try requireUUID(account),
      platform: platform,
      session: session(of: user)
    )
  }

  func session(of user: UUID) -> Session {
    pool.session(
      as: Identity(
        role: "edge_user",
        claims: Array(#"{"role":"authenticated","sub":"\#(user)"}"#.utf8)
      )
    )
  }

  /// Somebody's account.
  struct Linked: Sendable {
    let user: UUID
    let account: UUID
    let platform: Platform
    let session: Session

    @Loop
    func begin(isFull: Bool? = false, lease: Duration = .seconds(30)) async throws -> SyncRun {
      try await SyncRun.begin(
        account,
        on: platform,
        isFull: isFull,
        reservation: nil,
        lease: lease,
        in: session
      )
    }

    /// One sync of these listings.
    @Loop
    @discardableResult
    func sync(
      _ listings: any ContentListing...,
      upTo limit: Int? = 50,
      isFull: Bool? = nil,
      week: Int = 0
    ) async throws -> SyncOutput {
      let sync = Sync(
        platform,
        listings,
        run: try await begin(isFull: isFull ?? (limit == nil)),
        retry: Retry { _ in },
        week: week
      ) { [session] in try await session.run($0) }
      return try await sync.perform(upTo: limit) { nil }
    }

    /// What the owner edits through REST.
    @Loop
    func edit(_ sql: SQL) async throws {
      try await session.run(sql)
    }
  }
}

/// The first line as a UUID.
func requireUUID(_ text: String) throws -> UUID {
  struct NoUUID: Error { var text: String }
  guard let id = UUID(String(text.prefix(36))) else { throw NoUUID(text: text) }
  return id
}
