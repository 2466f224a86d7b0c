import Loop
import Postgres
import TestSupport
import Testing

@testable import Core

@Suite("Calls that are counted")
struct CallCounterTests {
  @Test("at once go together, and each is counted exactly")
  func goTogether() async throws {
    try await withCounter(limit: 10) { counting in
      let counter = counting.counter
      let keys = (0..<150).map { "key \($0 % 12)" }
      let counts = try await storm(of: keys, counter)
      for key in Set(keys) {
        let those = zip(keys, counts).filter { $0.0 == key }.compactMap { try? $0.1.get() }
        #expect(those.count { $0.isAllowed } == 10)
        #expect(Set(those.filter(\.isAllowed).map(\.remaining)) == Set(0...9))
        #expect(those.filter { !$0.isAllowed }.allSatisfy { $0.remaining == 0 })
        #expect(those.allSatisfy { (3500...3600).contains($0.reset) })
      }
      let sent = await counting.statements.count
      #expect(sent >= 3 && sent < 10)
    }
  }

  @Test("one after another are not held up")
  func goAlone() async throws {
    try await withCounter(limit: 3) { counting in
      let counter = counting.counter
      let allowed = try await (0..<5).mapInOrder { _ in
        try await onLoop { try await counter.count("a", requestID: "").isAllowed }
      }
      #expect(allowed == [true, true, true, false, false])
      #expect(await counting.statements.count == 5)
    }
  }

  @Test("are let go when they are cancelled, and neither hold up nor harm the others")
  func canBeCancelled() async throws {
    try await withCounter(limit: 3) { counting in
      let (counter, url) = (counting.counter, counting.database.url)
      let beside = try await onLoop {
        _ = try await counter.count("locked", requestID: "")
        let others = try Database(.init(url: url))
        defer { others.close() }
        return try await others.session(as: Identity()).exclusive { transaction in
          try await transaction.run("update internal.rate_limit set hits = hits")
          let stuck = Loop.task { await Self.outcome(of: "locked", counter) }
          let beside = Loop.task { await Self.outcome(of: "beside", counter) }
          try await Loop.sleep(for: .milliseconds(5))
          // The statement with those two waits for the lock; this one doesn't wait for it.
          let later = try await counter.count("later", requestID: "")
          #expect(later.remaining == 2)
          stuck.cancel()
          let cancelled = await stuck.value
          #expect(throws: PostgresError.cancelled) { try cancelled.get() }
          return beside
        }
      }
      #expect(try await beside.value.get().remaining == 2)
    }
  }

  @Test("fail with the statement that they went with, and later ones do not")
  func failTogether() async throws {
    try await withCounter(limit: 3) { counting in
      let counter = counting.counter
      let long = String(repeating: "x", count: 600)
      for outcome in try await storm(of: ["a", long, "b"], counter) {
        guard case .failure(.server(let error)) = outcome else {
          Issue.record("\(outcome)")
          continue
        }
        #expect(error.sqlstate == "23514")
      }
      let later = try await onLoop { try await counter.count("a", requestID: "") }
      #expect(later.remaining == 2)
    }
  }

  private struct Counting: Sendable {
    let counter: CallCounter
    let statements: StatementCount
    let database: TestDatabase
  }

  /// A counter on a database of its own, as a function has one.
  private func withCounter(
    limit: Int,
    _ body: (Counting) async throws -> Void
  ) async throws {
    try await TestFunction.with(WhoAmI.self) { function in
      let test = function.database
      let database = try await onLoop { try Database(.init(url: test.url(user: "edge"))) }
      let statements = await StatementCount(database)
      let counter = await CallCounter(database, limit: limit, window: 3600)
      do {
        try await body(Counting(counter: counter, statements: statements, database: test))
      } catch {
        await database.close()
        throw error
      }
      await database.close()
    }
  }

  /// All at once; the outcomes in order.
  private func storm(of keys: [String], _ counter: CallCounter) async throws -> [Outcome] {
    try await onLoop {
      var tasks: [Task<Outcome, Never>] = []
      for key in keys { tasks.append(Loop.task { await Self.outcome(of: key, counter) }) }
      var outcomes: [Outcome] = []
      for task in tasks { outcomes.append(await task.value) }
      return outcomes
    }
  }

  private typealias Outcome = Result<CallCounter.Count, PostgresError>

  @Loop
  private static func outcome(of key: String, _ counter: CallCounter) async -> Outcome {
    do {
      return .success(try await counter.count(key, requestID: ""))
    } catch {
      return .failure(error)
    }
  }
}

/// How many statements a database has carried out.
@Loop
private final class StatementCount: DatabaseObserver {
  private(set) var count = 0

  init(_ database: Database) {
    database.observer = self
  }

  func finished(_ statement: StatementReport) { count += 1 }

  func disconnected(_ reason: String) {}
}
