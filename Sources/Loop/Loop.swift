/// The process's one event loop, as a global actor.
///
/// Everything that touches a socket, a timer or a database connection is isolated to it, so the
/// compiler proves that nothing is shared. Its executor is the thread that called ``run()``. A task
/// that shall stay on that thread across every `await` is started with ``task(_:)``, which makes
/// the loop its preferred executor too: without it each resumption would hop through the global
/// pool.
@globalActor
package actor Loop {
  package static let shared = Loop()

  nonisolated let executor = LoopExecutor()

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }
}

extension Loop {
  /// Runs the loop on the calling thread until ``stop()``.
  package nonisolated static func run() {
    shared.executor.run()
  }

  /// Makes ``run()`` return after the turn that is under way.
  package nonisolated static func stop() {
    shared.executor.stop()
  }

  /// Starts a task whose every resumption happens on the loop's thread.
  @discardableResult
  package nonisolated static func task<Success: Sendable>(
    _ body: sending @escaping @Loop () async -> Success
  ) -> Task<Success, Never> {
    Task(executorPreference: shared.executor, operation: body)
  }

  /// Enters the loop's isolation from synchronous code that is already on its thread, such as a C
  /// callback; traps on any other thread.
  package nonisolated static func assumeIsolated<Value: Sendable>(
    _ body: @Loop () throws -> Value
  ) rethrows -> Value {
    shared.preconditionIsolated("this must be called on the event loop's thread")
    return try withoutActuallyEscaping(body) { isolated in
      // Safety: only the isolation is dropped from the type, and it has just been checked.
      try unsafeBitCast(isolated, to: (() throws -> Value).self)()
    }
  }

  /// Has `work` done once at the end of each turn, before the loop waits for events: the place
  /// where what a turn produced (log lines, statements) leaves in one write.
  @Loop
  package static func atEndOfTurn(_ work: @escaping @Loop () -> Void) {
    Poller.shared.endOfTurn.append(work)
  }

  /// Suspends for `duration`.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  @Loop
  package static func sleep(for duration: Duration) async throws {
    let sleeper = Sleeper()
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        sleeper.start(duration, continuation)
      }
    } onCancel: {
      // Cancelling may come from any thread; the sleeper lives on the loop.
      Loop.task { sleeper.wake(throwing: CancellationError()) }
    }
  }
}

/// One suspended ``Loop/sleep(for:)``.
@Loop
private final class Sleeper {
  private var continuation: UnsafeContinuation<Void, any Error>?
  private var isCancelled = false
  private lazy var timer = LoopTimer { [weak self] in self?.wake(throwing: nil) }

  func start(_ duration: Duration, _ continuation: UnsafeContinuation<Void, any Error>) {
    guard !isCancelled, !Task.isCancelled else {
      continuation.resume(throwing: CancellationError())
      return
    }
    self.continuation = continuation
    timer.schedule(after: duration)
  }

  func wake(throwing error: (any Error)?) {
    isCancelled = error != nil
    timer.cancel()
    guard let continuation else { return }
    self.continuation = nil
    if let error {
      continuation.resume(throwing: error)
    } else {
      continuation.resume()
    }
  }
}
