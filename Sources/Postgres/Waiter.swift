import Loop

/// A task that waits for its statements to end, or for a connection of its own.
@Loop
class Waiter {
  /// When it stops to wait for a connection.
  var deadline = Instant(nanoseconds: 0)
  /// Why it ended, nil when it ended well.
  private(set) var failure: PostgresError?
  private(set) var isFinished = false
  /// Called when the task is cancelled before it has ended.
  var cancelled: (@Loop () -> Void)?
  private var continuation: UnsafeContinuation<Void, Never>?

  /// Suspends until ``finish(_:)``, or until the task is cancelled unless that shall not matter.
  func wait(isCancellable: Bool = true) async {
    guard !isFinished else { return }
    guard isCancellable else { return await suspend() }
    await withTaskCancellationHandler {
      if Task.isCancelled { cancel() }
      await suspend()
    } onCancel: {
      // Cancelling may come from any thread.
      Loop.task { self.cancel() }
    }
  }

  func finish(_ failure: PostgresError? = nil) {
    guard !isFinished else { return }
    isFinished = true
    self.failure = failure
    cancelled = nil
    continuation?.resume()
    continuation = nil
  }

  private func cancel() {
    guard !isFinished else { return }
    let cancelled = cancelled
    finish(.cancelled)
    cancelled?()
  }

  private func suspend() async {
    await withUnsafeContinuation { continuation in
      if isFinished { continuation.resume() } else { self.continuation = continuation }
    }
  }
}

/// Waits for a connection that nobody else uses.
@Loop
final class Reservation: Waiter {
  var connection: Connection?
}

/// Statements that go to the server up to one Sync.
@Loop
final class Request: Waiter {
  /// What goes in front of the statements.
  enum Lead {
    /// The identity; with the statements it is one implicit transaction.
    case preamble(Preamble)
    /// BEGIN and the identity.
    case begin(Preamble)
    /// Nothing: a transaction is open, or none is wanted.
    case none
  }

  /// What each result that comes back belongs to.
  enum Step {
    case begin
    case preamble(PreparedStatement?)
    case prepare(PreparedStatement)
    case statement(PreparedStatement?)
  }

  let lead: Lead
  let statements: [SQL]
  /// Nil for what is no statement of a caller.
  let origin: Origin?
  /// How long the server may take for it, from when it is the first of its connection.
  let limit: Duration
  var attempts = 0
  let submitted = Instant.now
  var sent = Instant(nanoseconds: 0)
  var steps: [Step] = []
  private var nextStep = 0
  var rows: [Rows] = []
  /// The first error that the server reported for it.
  var refusal: ServerError?

  /// Where it comes from, for reports, and whether it may be asked twice.
  struct Origin {
    var function: String
    var requestID: String
    var isReadOnly: Bool
  }

  init(lead: Lead, statements: [SQL], origin: Origin?, limit: Duration) {
    self.lead = lead
    self.statements = statements
    self.origin = origin
    self.limit = limit
  }

  /// - Throws: why it ended badly.
  func result(isCancellable: Bool = true) async throws(PostgresError) -> [Rows] {
    await wait(isCancellable: isCancellable)
    if let failure { throw failure }
    return rows
  }

  /// Whether it may be asked once more, provided that it had no effect.
  var mayRetry: Bool {
    guard case .preamble = lead else { return false }
    return attempts == 0 && !isFinished
  }

  /// - Returns: nil when all steps have had their result.
  func takeStep() -> Step? {
    guard nextStep < steps.count else { return nil }
    defer { nextStep += 1 }
    return steps[nextStep]
  }

  /// As if it had never been sent.
  func rewind() {
    attempts += 1
    steps.removeAll(keepingCapacity: true)
    nextStep = 0
    rows.removeAll(keepingCapacity: true)
    refusal = nil
  }
}
