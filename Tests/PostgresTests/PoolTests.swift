import Loop
import Postgres
import Testing
import TestSupport

@Suite("The pool", .timeLimit(.minutes(2)))
struct PoolTests {
  @Test("makes a caller wait for two seconds at the most when all connections are busy")
  func boundsTheWait() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(
        server.url,
        {
          $0.connections = 2
          $0.pipelineDepth = 1
        }
      ) { database in
        let session = database.session(as: Identity())
        let holders = (0..<2).map { _ in
          Loop.task { (try? await session.run("select pg_sleep(3)")) != nil }
        }
        try await Loop.sleep(for: .milliseconds(300))
        let clock = ContinuousClock()
        let start = clock.now
        var calls: [Task<Bool, Never>] = []
        for _ in 0..<200 {
          calls.append(
            Loop.task {
              await failure { try await session.run("select 1") } == .overloaded
            }
          )
        }
        for call in calls { #expect(await call.value) }
        let waited = clock.now - start
        #expect(waited > .milliseconds(1900) && waited < .milliseconds(3500))
        #expect(database.gauges.waiting == 0)
        for holder in holders { #expect(await holder.value) }
        try await session.run("select 1")
      }
    }
  }

  @Test("refuses at once what its queue can't hold")
  func boundsTheQueue() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(
        server.url,
        {
          $0.connections = 1
          $0.pipelineDepth = 1
          $0.waitingLimit = 10
        }
      ) { database in
        let session = database.session(as: Identity())
        try await session.run("select 1")
        var calls: [Task<Bool, Never>] = []
        for _ in 0..<31 {
          calls.append(
            Loop.task { (try? await session.run("select pg_sleep(0.1)")) != nil }
          )
        }
        var served = 0
        for call in calls where await call.value { served += 1 }
        #expect(served == 11)
      }
    }
  }

  @Test("lets a caller go that is stuck behind somebody else's long statement")
  func letsGoBehindLongStatements() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(
        server.url,
        {
          $0.connections = 1
          $0.patience = .milliseconds(300)
          $0.grace = .milliseconds(100)
        }
      ) { database in
        let slow = database.session(as: Identity(statementTimeout: .seconds(10)))
        let quick = database.session(as: Identity(statementTimeout: .milliseconds(100)))
        try await slow.run("select 1")
        let long = Loop.task { (try? await slow.run("select pg_sleep(1.5)")) != nil }
        let stuck = Loop.task { () -> PostgresError? in
          await failure { try await quick.run("select 1") }
        }
        let clock = ContinuousClock()
        let start = clock.now
        #expect(await stuck.value == .timeout)
        #expect(clock.now - start < .milliseconds(1300))
        #expect(await long.value)
      }
    }
  }

  @Test("opens connections when they are needed and closes them when they are idle")
  func opensAndCloses() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(
        server.url,
        {
          $0.connections = 3
          $0.idleTimeout = .milliseconds(400)
        }
      ) { database in
        let session = database.session(as: Identity())
        #expect(database.gauges == PoolGauges(open: 0, inUse: 0, waiting: 0))
        try await session.run("select 1")
        #expect(database.gauges.open == 1)
        for _ in 0..<10 { try await session.run("select 1") }
        #expect(database.gauges.open == 1)
        var calls: [Task<Bool, Never>] = []
        for _ in 0..<60 {
          calls.append(Loop.task { (try? await session.run("select pg_sleep(0.02)")) != nil })
        }
        for call in calls {
          #expect(await call.value)
          #expect(database.gauges.open <= 3)
        }
        #expect(database.gauges.open == 3)
        while database.gauges.open > 0 { try await Loop.sleep(for: .milliseconds(10)) }
        try await session.run("select 1")
      }
    }
  }

  @Test("gives a task that was cancelled its answer at once, whether it waits or is under way")
  func cancels() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(
        server.url,
        {
          $0.connections = 1
          $0.pipelineDepth = 1
        }
      ) { database in
        let session = database.session(as: Identity())
        try await session.run("select 1")
        func call() -> Task<PostgresError?, Never> {
          Loop.task {
            await failure { try await session.run("select pg_sleep(0.5)") }
          }
        }
        let underWay = call()
        let waiting = call()
        try await Loop.sleep(for: .milliseconds(50))
        #expect(database.gauges.waiting == 1)
        waiting.cancel()
        underWay.cancel()
        #expect(await waiting.value == .cancelled)
        #expect(await underWay.value == .cancelled)
        #expect(database.gauges == PoolGauges(open: 1, inUse: 1, waiting: 0))
        // What was under way ends by itself, and its connection serves on.
        let pid = try await session.one("select pg_backend_pid()", as: Int.self)
        #expect(try await session.one("select pg_backend_pid()", as: Int.self) == pid)
      }
    }
  }

  @Test("ends statements at their time limit, on the server, and the connection serves on")
  func timesOut() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url, { $0.connections = 1 }) { database in
        let session = database.session(as: Identity(statementTimeout: .milliseconds(100)))
        let pid = try await session.one("select pg_backend_pid()", as: Int.self)
        #expect(
          await failure {
            try await session.run("select pg_sleep(5)")
          } == PostgresError.timeout
        )
        #expect(try await session.one("select pg_backend_pid()", as: Int.self) == pid)
      }
    }
  }

  @Test("gives up a connection whose server doesn't answer, and opens another")
  func abandonsSilentServers() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(
        server.url,
        {
          $0.connections = 1
          $0.grace = .milliseconds(100)
        }
      ) { database in
        let session = database.session(as: Identity(statementTimeout: .milliseconds(100)))
        let pid = try await session.one("select pg_backend_pid()", as: Int.self)
        let clock = ContinuousClock()
        let start = clock.now
        // The statement lifts the limit that the server has, as a hung machine would.
        #expect(
          await failure {
            try await session.run(
              "select set_config('statement_timeout', '0', true)",
              "select pg_sleep(5)"
            )
          } == PostgresError.timeout
        )
        #expect(clock.now - start < .seconds(2))
        #expect(try await session.one("select pg_backend_pid()", as: Int.self) != pid)
      }
    }
  }

  @Test("tells its observer each statement's name, duration and failure, and no values")
  func observes() async throws {
    try await TestDatabase.with { server in
      try await withDatabase(server.url) { database in
        let observer = Recorder()
        database.observer = observer
        let session = database.session(as: Identity(requestID: "r-7"))
        try await session.run(("select pg_sleep(0.05)" as SQL).named("nap"), "select 1")
        _ = try? await session.run("select 'secret'::int", function: "parse()")
        #expect(observer.reports.map(\.name) == ["nap", "observes()", "parse()"])
        #expect(observer.reports.allSatisfy { $0.requestID == "r-7" })
        #expect(observer.reports[0].duration > .milliseconds(50))
        #expect(observer.reports[0].duration < .seconds(2))
        #expect(observer.reports[1].failure == nil)
        let failure = try #require(observer.reports[2].failure)
        #expect("\(failure)" == "server error 22P02")
      }
    }
  }

  @Test("tells its observer why there is no connection, and no password")
  func observesFailures() async throws {
    let url = "host=/nonexistent user=me password=hunter2"
    try await withDatabase(url, { $0.patience = .milliseconds(100) }) { database in
      let observer = Recorder()
      database.observer = observer
      let session = database.session(as: Identity())
      let error = await failure { try await session.run("select 1") }
      #expect(error == .unavailable(retryAfter: .seconds(1)))
      let reason = try #require(observer.reasons.first)
      #expect(reason.contains("/nonexistent"))
      #expect(!reason.contains("hunter2"))
    }
  }

  @Test("never prints its connection string")
  func keepsItsString() async throws {
    let settings = Database.Settings(url: "postgresql://me:hunter2@localhost/db")
    #expect(!"\(settings)".contains("hunter2"))
    let wrong = Database.Settings(url: "postgresql://me:hunter2@localhost:99:1/db?x")
    try await onLoop {
      let error = await failure { _ = try Database(wrong) }
      #expect(error == .malformed("the connection string can't be read"))
    }
  }
}

@Loop
private final class Recorder: DatabaseObserver {
  var reports: [StatementReport] = []
  var reasons: [String] = []

  func finished(_ statement: StatementReport) { reports.append(statement) }
  func disconnected(_ reason: String) { reasons.append(reason) }
}
