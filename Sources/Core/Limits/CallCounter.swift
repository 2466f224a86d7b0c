import Loop
import Postgres

/// Counts calls under one limit in PostgreSQL. Those that come while a statement is under way wait
/// for it and go together in the next one, so that under load one transaction counts many.
@Loop
final class CallCounter {
  /// How one call was counted.
  struct Count: Sendable {
    var isAllowed: Bool
    var remaining: Int
    /// Seconds until another call fits.
    var reset: Int
  }

  /// A statement that takes longer, such as behind somebody's lock, is not waited for.
  private static let patience: Duration = .milliseconds(20)
  private static let mostAtOnce = 64

  let limit: Int
  let window: Int
  private let database: Database
  private var waiting = ArraySlice<CountedCall>()
  private var underWay = 0
  private var lastSent = Instant(nanoseconds: 0)
  private lazy var timer = LoopTimer { [weak self] in self?.advance() }

  /// - Parameter window: in seconds.
  init(_ database: Database, limit: Int, window: Int) {
    self.database = database
    self.limit = limit
    self.window = window
  }

  /// - Throws: why the statement failed that the call went with, or ``PostgresError/cancelled``:
  ///   then it may have been counted.
  func count(_ key: String, requestID: String) async throws(PostgresError) -> Count {
    let call = CountedCall(key, requestID)
    waiting.append(call)
    advance()
    return try await call.result()
  }

  /// Sends what waits, unless something is under way that will soon make room for it.
  private func advance() {
    waiting = waiting.drop { $0.isSettled }
    guard !waiting.isEmpty else { return }
    guard underWay == 0 || Instant.now - lastSent >= Self.patience else {
      if !timer.isScheduled { timer.schedule(at: lastSent + Self.patience) }
      return
    }
    underWay += 1
    lastSent = .now
    Loop.task { [self] in
      // By now all that this turn of the loop brings is here.
      let calls = takeWaiting()
      if !calls.isEmpty { await send(calls) }
      underWay -= 1
      advance()
    }
  }

  private func takeWaiting() -> [CountedCall] {
    let calls = waiting.prefix(Self.mostAtOnce)
    waiting = waiting.dropFirst(calls.count)
    return calls.filter { !$0.isSettled }
  }

  private func send(_ calls: [CountedCall]) async {
    let sql: SQL = """
      select key, let_in, remaining, reset_seconds
      from internal.take_rate_limits(
          \(calls.map(\.key)), \(Int32(limit)), make_interval(secs => \(Double(window))))
      """
    let identity = Identity(
      role: "edge_visitor",
      requestID: calls.map(\.requestID).joined(separator: ","),
      statementTimeout: .seconds(3)
    )
    var failure = PostgresError.connectionLost
    do {
      try settle(calls, await database.session(as: identity).run(sql.named("take_rate_limits")))
    } catch {
      failure = error
    }
    for call in calls { call.settle(.failure(failure)) }
  }

  private func settle(_ calls: [CountedCall], _ rows: Rows) throws(PostgresError) {
    var callsOfKey = Dictionary(grouping: calls, by: \.key)
    for row in rows {
      let letIn: Int = try row["let_in"]
      let left: Int = try row["remaining"]
      let reset: Int = try row["reset_seconds"]
      let those = callsOfKey.removeValue(forKey: try row["key"]) ?? []
      for (index, call) in those.enumerated() {
        let isAllowed = index < letIn
        let remaining = isAllowed ? left + letIn - 1 - index : 0
        call.settle(.success(Count(isAllowed: isAllowed, remaining: remaining, reset: reset)))
      }
    }
  }
}

/// A call that waits to be counted.
@Loop
private final class CountedCall {
  let key: String
  let requestID: String
  private var outcome: Result<CallCounter.Count, PostgresError>?
  private var continuation: UnsafeContinuation<Void, Never>?

  init(_ key: String, _ requestID: String) {
    self.key = key
    self.requestID = requestID
  }

  var isSettled: Bool { outcome != nil }

  func result() async throws(PostgresError) -> CallCounter.Count {
    await withTaskCancellationHandler {
      if Task.isCancelled { settle(.failure(.cancelled)) }
      await withUnsafeContinuation { continuation in
        if isSettled { continuation.resume() } else { self.continuation = continuation }
      }
    } onCancel: {
      // Cancelling may come from any thread.
      Loop.task { self.settle(.failure(.cancelled)) }
    }
    guard let outcome else { throw .connectionLost }
    return try outcome.get()
  }

  /// Only the first time counts.
  func settle(_ outcome: Result<CallCounter.Count, PostgresError>) {
    guard self.outcome == nil else { return }
    self.outcome = outcome
    continuation?.resume()
    continuation = nil
  }
}
