import Loop
import Postgres
import Testing
import TestSupport

/// What a client knows about its writes.
@Loop
private final class Ledger {
  var next = 0
  /// Acknowledged: they must be there, once.
  var written: Set<Int> = []
  /// Refused before they were sent: they must not be there.
  var refused: Set<Int> = []
  /// Lost on the way: they may be there, once.
  var unknown: Set<Int> = []
  var lastSuccess = Instant.now

  func write(to session: Session) async {
    next += 1
    let id = next
    do {
      try await session.run("insert into entry values (\(id))")
      written.insert(id)
      lastSuccess = .now
    } catch .connectionLost {
      unknown.insert(id)
    } catch .unavailable, .overloaded {
      refused.insert(id)
    } catch {
      Issue.record("\(error) for \(id)")
    }
  }

  /// Writes until it is told to stop.
  func keepWriting(to session: Session, tasks: Int) -> @Loop () async -> Void {
    var isOver = false
    var writers: [Task<Void, Never>] = []
    for _ in 0..<tasks {
      writers.append(
        Loop.task {
          while !isOver {
            await self.write(to: session)
            try? await Loop.sleep(for: .milliseconds(2))
          }
        }
      )
    }
    return {
      isOver = true
      for writer in writers { await writer.value }
    }
  }

  /// Until a write that began after `start` has succeeded.
  func recovery(since start: Instant) async throws -> Duration {
    while lastSuccess < start { try await Loop.sleep(for: .milliseconds(5)) }
    return lastSuccess - start
  }

  func check(against url: String) async throws {
    let rows = try await TestCluster.psql(url, "select id from entry").split(separator: "\n")
    let found = rows.compactMap { Int($0) }
    #expect(found.count == Set(found).count, "something was written twice")
    #expect(written.isSubset(of: found), "an acknowledged write was lost")
    #expect(refused.isDisjoint(with: found), "what was refused was written nevertheless")
    #expect(Set(found).isSubset(of: written.union(unknown)))
  }
}

@Loop
private final class Reads {
  var areOver = false
}

private let table = "create table entry (id int not null)"

@Suite("Faults", .timeLimit(.minutes(2)))
struct FaultTests {
  @Test("a server that crashes and comes back loses no acknowledged write and makes none twice")
  func survivesCrashes() async throws {
    let cluster = try await TestCluster.start()
    try await cluster.psql(table)
    try await withDatabase(cluster.url()) { database in
      let ledger = Ledger()
      let stop = ledger.keepWriting(to: database.session(as: Identity()), tasks: 16)
      for pause in [100, 2600, 300] {
        try await Loop.sleep(for: .milliseconds(300))
        try await cluster.stop()
        try await Loop.sleep(for: .milliseconds(pause))
        try await cluster.start()
        let recovery = try await ledger.recovery(since: .now)
        #expect(recovery < .seconds(2))
      }
      await stop()
      #expect(ledger.written.count > 100)
      #expect(!ledger.refused.isEmpty)
      try await ledger.check(against: cluster.url())
    }
    try await cluster.stop()
  }

  @Test("while the server is away calls wait for two seconds at the most, and then not at all")
  func failsFast() async throws {
    let cluster = try await TestCluster.start()
    try await withDatabase(cluster.url()) { database in
      let session = database.session(as: Identity())
      try await session.run("select 1")
      try await cluster.stop()
      let clock = ContinuousClock()
      func call() async -> (isRefused: Bool, after: Duration) {
        let start = clock.now
        let error = await failure { try await session.run("select 1") }
        guard case .unavailable(let retryAfter) = error else { return (false, clock.now - start) }
        return (retryAfter >= .seconds(1), clock.now - start)
      }
      let first = await call()
      #expect(first.isRefused && first.after < .milliseconds(3500))
      try await Loop.sleep(for: .milliseconds(200))
      let second = await call()
      #expect(second.isRefused && second.after < .milliseconds(500))
      let failed = await failure { try await session.exclusive { _ in } }
      #expect(failed == .unavailable(retryAfter: .seconds(1)))
      try await cluster.start()
      let start = clock.now
      while await !(failure { try await session.run("select 1") } == nil) {
        try await Loop.sleep(for: .milliseconds(10))
      }
      #expect(clock.now - start < .seconds(2))
    }
    try await cluster.stop()
  }

  @Test(
    "a stream of killed sessions yields no wrong answer, and reads are asked again by themselves"
  )
  func survivesKilledSessions() async throws {
    try await TestDatabase.with { server in
      try await server.psql(table)
      try await withDatabase(server.url) { database in
        let reading = database.session(as: Identity(isReadOnly: true))
        let ledger = Ledger()
        let stop = ledger.keepWriting(to: database.session(as: Identity()), tasks: 4)
        let reads = Reads()
        var readers: [Task<Int, Never>] = []
        for reader in 0..<16 {
          readers.append(
            Loop.task {
              var wrong = 0
              var number = reader * 1_000_000
              while !reads.areOver {
                number += 1
                do {
                  let answer = try await reading.one("select \(number) * 2", as: Int.self)
                  if answer != number * 2 { wrong += 1 }
                } catch {
                  Issue.record("\(error)")
                }
              }
              return wrong
            }
          )
        }
        for _ in 0..<15 {
          try await Loop.sleep(for: .milliseconds(200))
          try await server.psql(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid != pg_backend_pid() limit 1
            """
          )
        }
        reads.areOver = true
        for reader in readers { #expect(await reader.value == 0) }
        await stop()
        try await ledger.check(against: server.url)
      }
    }
  }

  @Test("a write whose session is killed is not asked again")
  func neverRepeatsWrites() async throws {
    try await TestDatabase.with { server in
      try await server.psql(table)
      try await withDatabase(server.url) { database in
        let session = database.session(as: Identity())
        let writing = Loop.task {
          await failure {
            try await session.run("insert into entry values (1)", "select pg_sleep(60)")
          }
        }
        try await Loop.sleep(for: .milliseconds(100))
        try await server.psql(
          """
          select pg_terminate_backend(pid) from pg_stat_activity
          where query like '%pg_sleep(60)' and datname = current_database()
          """
        )
        #expect(await writing.value == .connectionLost)
        let entries = try await session.run("select from entry")
        #expect(entries.isEmpty)
      }
    }
  }
}
