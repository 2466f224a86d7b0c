import Loop

/// Runs `body` in a task of its own; after `time`, or when the caller's task is cancelled, it is
/// cancelled too and no longer waited for.
///
/// - Throws: ``DeadlinePassed``, `CancellationError`, or what `body` throws.
@Loop
func within<Value: Sendable>(
  _ time: Duration,
  _ body: @escaping @Loop () async throws -> Value
) async throws -> Value {
  let race = Race<Value>()
  let task = Loop.task {
    do {
      race.finish(.success(try await body()))
    } catch {
      race.finish(.failure(error))
    }
  }
  let timer = LoopTimer {
    race.finish(.failure(DeadlinePassed()))
    task.cancel()
  }
  timer.schedule(after: time)
  defer { timer.cancel() }
  return try await withTaskCancellationHandler {
    try await race.result()
  } onCancel: {
    task.cancel()
    Loop.task { race.finish(.failure(CancellationError())) }
  }
}

/// The first of several outcomes.
@Loop
private final class Race<Value: Sendable> {
  private var outcome: Result<Value, any Error>?
  private var waiting: UnsafeContinuation<Value, any Error>?

  func finish(_ result: Result<Value, any Error>) {
    guard outcome == nil else { return }
    outcome = result
    waiting?.resume(with: result)
    waiting = nil
  }

  func result() async throws -> Value {
    if let outcome { return try outcome.get() }
    return try await withUnsafeThrowingContinuation { waiting = $0 }
  }
}
