import Core
import HTTP
import Loop
import Postgres
import TestSupport
import Testing

@testable import Platforms

@Suite("A sync") struct SyncTests {
  @Test("stores what is new, leaves what is known, writes what has changed and says so")
  func stores() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let listing = ShelfListing((0..<120).reversed().map { .item(.sample($0)) })
      let first = try await linked.sync(listing, upTo: nil)
      #expect(first.newItems == 120)
      #expect(first.syncedCount == 120)
      #expect(first.totalCount == 120)
      #expect(first.quota.limit == 500)

      let versions = "select md5(string_agg(xmin::text, ',' order by id)) from public.content_item"
      let before = try await stage.database.psql(versions)
      let second = try await linked.sync(listing, upTo: nil)
      #expect(second.syncedCount == 120)
      #expect(second.newItems + second.updatedItems + second.deletedItems == 0)
      #expect(try await stage.database.psql(versions) == before)

      listing.entries[3] = .item(.sample(116, title: "Another title", views: 7))
      listing.entries[4] = .item(.sample(115, views: 8))
      let third = try await linked.sync(listing, upTo: nil)
      #expect(third.updatedItems == 2)
      let revisions = try await stage.database.psql(
        "select field_name, old_value, new_value, change_source from public.content_revision"
      )
      #expect(revisions == "title|Title 116|Another title|sync\n")
    }
  }

  @Test("deletes only what a whole listing does not show, and undeletes what returns")
  func deletes() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let listing = ShelfListing((0..<120).reversed().map { .item(.sample($0)) })
      try await linked.sync(listing, upTo: nil)
      let all = listing.entries
      listing.entries = all.filter { $0 != .item(.sample(10)) && $0 != .item(.sample(118)) }

      let incremental = try await linked.sync(listing, upTo: 50)
      #expect(incremental.deletedItems == 0)
      #expect(incremental.totalCount == 120)

      listing.failures = [PlatformFailure(.youtube, .permanent, code: "broken", "broken")]
      await #expect(throws: PlatformFailure.self) { try await linked.sync(listing, upTo: nil) }
      #expect(try await stage.database.psql(Self.deleted) == "0\n")

      let whole = try await linked.sync(listing, upTo: nil)
      #expect(whole.deletedItems == 2)
      #expect(whole.totalCount == 118)

      listing.entries = all
      let back = try await linked.sync(listing, upTo: nil)
      #expect(back.updatedItems == 2)
      #expect(back.totalCount == 120)
    }
  }

  private static let deleted =
    "select count(*) from public.content_item where deleted_at is not null"

  @Test("reads on where a walk broke off, although the first page is known by then")
  func completes() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let listing = ShelfListing((0..<200).reversed().map { .item(.sample($0)) })
      listing.brokenPage = 2
      await #expect(throws: PlatformFailure.self) { try await linked.sync(listing, upTo: 180) }
      listing.brokenPage = nil
      let next = try await linked.sync(listing, upTo: 180)
      #expect(next.newItems == 80)
      #expect(next.syncedCount == 180)
      // Now they are known, and one page is enough; for more of them it is not.
      #expect(try await linked.sync(listing, upTo: 180).syncedCount == 50)
      #expect(try await linked.sync(listing, upTo: 190).newItems == 10)
    }
  }

  private static let wholes =
    "select count(*) from internal.sync_run where is_full and is_whole"

  @Test("asks once a week for what lies beyond its walk, and deletes what is gone of it")
  func looksBeyond() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let all = (0..<300).reversed().map { ContentItem.sample($0) }
      try await linked.sync(ShelfListing(all.map { .item($0) }), upTo: nil)
      let gone: Set<String> = ["v10", "v290"]
      let listing = ShelfListing(all.filter { !gone.contains($0.id) }.map { .item($0) })
      listing.hidden = Set(all.map(\.id)).subtracting(gone)
      #expect(try await linked.sync(listing, upTo: 100, isFull: false).deletedItems == 0)
      #expect(listing.askedFor.isEmpty)
      let output = try await linked.sync(listing, upTo: 100, isFull: true)
      #expect(output.deletedItems == 2)
      #expect(output.syncedCount == 100)
      #expect(listing.askedFor.count == 200)
      #expect(try await stage.database.psql(Self.wholes) == "2\n")
    }
  }

  @Test("asks for another part each week when all is too much, and for what it is allowed to")
  func looksBeyondInParts() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let all = (0..<300).reversed().map { ContentItem.sample($0) }
      try await linked.sync(ShelfListing(all.map { .item($0) }), upTo: nil)
      var asked: [String] = []
      for week in 7...10 {
        let listing = ShelfListing(all.map { .item($0) }, checks: 70)
        listing.hidden = Set(all.map(\.id))
        let output = try await linked.sync(listing, upTo: 50, isFull: true, week: week)
        #expect(output.deletedItems == 0)
        #expect(listing.askedFor.count == 70)
        asked += listing.askedFor
      }
      // Of 250 in parts of 70 each is asked for once in four weeks.
      #expect(Set(asked).count == 250)
      #expect(try await stage.database.psql(Self.wholes) == "1\n")

      let listing = ShelfListing(all.map { .item($0) })
      listing.answers = 100
      let output = try await linked.sync(listing, upTo: 50, isFull: true)
      #expect(output.deletedItems == 100, "what was asked for is known, although no more is told")
      #expect(try await stage.database.psql(Self.wholes) == "1\n")
    }
  }

  @Test("deletes nothing that is older than what a platform lists")
  func sparesWhatIsNotListed() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let all = (0..<120).reversed().map { ContentItem.sample($0) }
      try await linked.sync(ShelfListing(all.map { .item($0) }), upTo: nil)
      // The hundred newest are listed, and of these one is left out.
      let listed = all.prefix(100).filter { $0.id != "v110" }
      let listing = ShelfListing(listed.map { .item($0) }, reach: 100, checks: 0)
      #expect(try await linked.sync(listing, upTo: nil).deletedItems == 1)
      let asking = ShelfListing(listed.map { .item($0) }, reach: 100)
      asking.hidden = Set(all.map(\.id)).subtracting(["v3"])
      #expect(try await linked.sync(asking, upTo: nil).deletedItems == 1)
      let gone = try await stage.database.psql(
        """
        select string_agg(platform_content_id, ',' order by platform_content_id)
        from public.content_item where deleted_at is not null
        """
      )
      #expect(gone == "v110,v3\n")
    }
  }

  @Test("keeps what is there although the listing skipped it, or could not be read")
  func sparesWhatIsThere() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let listing = ShelfListing((0..<5).map { .item(.sample($0)) })
      try await linked.sync(listing, upTo: nil)
      listing.entries = [.item(.sample(0)), .unreadable(id: "v1"), .waiting(id: "v2")]
      listing.hidden = ["v3"]
      let output = try await linked.sync(listing, upTo: nil)
      #expect(output.deletedItems == 1)
      #expect(output.failedCount == 1)
      let gone = try await stage.database.psql(
        "select platform_content_id from public.content_item where deleted_at is not null"
      )
      #expect(gone == "v4\n")
    }
  }

  @Test("does not touch what the owner edited or deleted here")
  func keepsEdits() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let listing = ShelfListing((0..<3).map { .item(.sample($0)) })
      try await linked.sync(listing)
      try await linked.edit(
        "update public.content_item set title = 'Mine' where platform_content_id = 'v0'"
      )
      try await linked.edit(
        "update public.content_item set deleted_at = now() where platform_content_id = 'v1'"
      )
      listing.entries = (0..<3).map { .item(.sample($0, title: "Theirs \($0)", views: 5)) }
      try await linked.sync(listing)
      let rows = try await stage.database.psql(
        """
        select platform_content_id, title, views_count, deleted_at is not null
        from public.content_item order by 1
        """
      )
      #expect(rows == "v0|Mine|5|f\nv1|Theirs 1|5|t\nv2|Theirs 2|5|f\n")
      let told = try await stage.database.psql(
        """
        select old_value, new_value, change_source, change_reason
        from public.content_revision as r
        inner join public.content_item as c on r.content_item_id = c.id
        where c.platform_content_id = 'v0' order by r.id
        """
      )
      #expect(
        told == """
          Title 0|Mine|user|
          Title 0|Theirs 0|sync|not taken over, since its owner edited it

          """
      )
      // What is told again is no news.
      #expect(try await linked.sync(listing).updatedItems == 0)
    }
  }

  @Test("leaves another account's item where it is, and counts it as failed")
  func movesNothing() async throws {
    try await SyncStage.with { stage in
      let (ann, bob) = (try await stage.link(), try await stage.link())
      try await ann.sync(ShelfListing([.item(.sample(1))]))
      let output = try await bob.sync(
        ShelfListing([.item(.sample(1, title: "Bob's")), .item(.sample(2))])
      )
      #expect(output.failedCount == 1)
      #expect(output.syncedCount == 1)
      let rows = try await stage.database.psql(
        "select platform_content_id, title, user_id from public.content_item order by 1"
      )
      #expect(rows == "v1|Title 1|\(ann.user)\nv2|Title 2|\(bob.user)\n")
    }
  }

  @Test("keeps why it failed and when the next one is due")
  func keepsFailures() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let listing = ShelfListing([])
      let resets = Timestamp.now.advanced(by: .seconds(7200))
      let cases: [(PlatformFailure.Kind, String, String)] = [
        (.retry(after: .seconds(3600)), "retry_later", "1"),
        (.quota(resets: resets), "quota_exceeded", "2"),
        (.reauth, "reauth_required", "never"),
        (.missingScopes(["video.list"]), "reauth_required", "never"),
        (.permanent, "failed", "24"),
      ]
      for (kind, status, due) in cases {
        listing.failures = [PlatformFailure(.youtube, kind, code: "code", "what to do: \(status)")]
        await #expect(throws: PlatformFailure.self) { try await linked.sync(listing) }
        let row = try await stage.database.psql(
          """
          select last_sync_status, last_error,
              coalesce(round(extract(epoch from next_sync_at - now()) / 3600)::text, 'never')
          from public.social_account where id = '\(linked.account)'
          """
        )
        #expect(row == "\(status)|what to do: \(status)|\(due)\n")
      }
      try await linked.sync(listing)
      let row = try await stage.database.psql(
        """
        select last_sync_status, last_error, next_sync_at - last_synced_at
        from public.social_account where id = '\(linked.account)'
        """
      )
      #expect(row == "completed||1 day\n")
    }
  }

  @Test("runs once at a time for an account, and gives up one whose process has died")
  func runsOnce() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let run = try await linked.begin(lease: .seconds(1))
      let refused = await #expect(throws: PostgresError.self) { try await linked.begin() }
      #expect(refused.map { Failure($0).code } == .conflict)
      // A process that lives prolongs its lease.
      try await Loop.sleep(for: .milliseconds(1500))
      await #expect(throws: PostgresError.self) { try await linked.begin() }
      await run.fail(Walked(), SyncVerdict(Failure.conflict("stopped"), isCancelled: false))

      // One that is killed does not.
      try await stage.database.psql(
        """
        set role streamvibe_owner;
        insert into internal.sync_run (
            social_account_id, user_id, platform_id, lease, lease_until, is_full
        ) select id, user_id, platform_id, '1 s', now() - interval '1 s', false
        from public.social_account
        """
      )
      let next = try await linked.begin()
      #expect(try await stage.database.psql(Self.outcomes) == "abandoned|1\nfailed|1\n|1\n")
      await next.fail(Walked(), SyncVerdict(Failure.conflict("stopped"), isCancelled: false))
    }
  }

  private static let outcomes =
    "select outcome, count(*) from internal.sync_run group by 1 order by 1"

  @Test("of a run that was given up nothing is written any more")
  func isFenced() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let run = try await linked.begin()
      _ = try await run.store([.sample(1)])
      try await stage.database.psql("update internal.sync_run set lease_until = now()")
      let next = try await linked.begin()
      for write in [
        { () async throws -> Void in _ = try await run.store([.sample(2)]) },
        {
          let finish = run.finish(Walked(), Absence(), listingID: nil)
          _ = try await linked.session.run(finish)
        },
      ] as [@Loop () async throws -> Void] {
        let refused = await #expect(throws: PostgresError.self) { try await write() }
        #expect(refused.map { Failure($0).code } == .conflict)
      }
      _ = try await next.store([.sample(3)])
      let ids = try await stage.database.psql(
        "select string_agg(platform_content_id, ',' order by 1) from public.content_item"
      )
      #expect(ids == "v1,v3\n")
    }
  }

  @Test("whose caller leaves is noted as stopped, and stands in nobody's way")
  func isCancelled() async throws {
    try await SyncStage.with { stage in
      let linked = try await stage.link()
      let listing = ShelfListing((0..<120).reversed().map { .item(.sample($0)) })
      listing.delay = .milliseconds(200)
      let task = Loop.task { () -> Bool in
        do {
          try await linked.sync(listing, upTo: nil)
          return false
        } catch {
          return (error as? Failure)?.code == .upstreamTimeout
        }
      }
      try await Loop.sleep(for: .milliseconds(300))
      task.cancel()
      #expect(await task.value)
      let row = try await stage.database.psql(
        """
        select a.last_sync_status, r.outcome, r.error_code
        from public.social_account as a
        inner join internal.sync_run as r on r.social_account_id = a.id
        """
      )
      #expect(row == "retry_later|failed|UPSTREAM_TIMEOUT\n")
      listing.delay = nil
      #expect(try await linked.sync(listing, upTo: nil).totalCount == 120)
    }
  }
}
