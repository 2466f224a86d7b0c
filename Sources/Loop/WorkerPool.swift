import CLinux
import Glibc
import Synchronization

/// A few threads for work that burns CPU or blocks (password hashing, name resolution), so that it
/// never holds up the loop. Bounded: what doesn't fit is refused at once.
package final class WorkerPool: Sendable {
  /// All threads are busy and the queue is full.
  package struct Full: Error {}

  private struct State {
    var queue: [@Sendable () -> Void] = []
    var threads = 0
    /// Threads that have no work yet; one that is being started counts.
    var idle = 0
  }

  private let state = Mutex(State())
  private let available = eventfd(0, Int32(EFD_SEMAPHORE) | Int32(EFD_CLOEXEC))
  private let threadLimit: Int
  private let queueLimit: Int

  /// - Parameters:
  ///   - threads: the most that run at once; each starts when it is first needed.
  ///   - queue: how many may wait.
  package init(threads: Int = 2, queue: Int = 64) {
    threadLimit = threads
    queueLimit = queue
  }

  /// Does `work` on one of the threads.
  ///
  /// - Throws: ``Full``, or what `work` throws.
  package func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withUnsafeThrowingContinuation { continuation in
      let accepted = submit { continuation.resume(with: Result(catching: work)) }
      if !accepted { continuation.resume(throwing: Full()) }
    }
  }

  private func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
    let (accepted, mustStart) = state.withLock { state in
      let free = state.idle + threadLimit - state.threads
      guard state.queue.count < queueLimit + free else { return (false, false) }
      state.queue.append(work)
      guard state.queue.count > state.idle, state.threads < threadLimit else {
        return (true, false)
      }
      state.threads += 1
      state.idle += 1
      return (true, true)
    }
    guard accepted else { return false }
    if mustStart { startThread() }
    var one: UInt64 = 1
    _ = write(available, &one, MemoryLayout<UInt64>.size)
    return true
  }

  private func startThread() {
    var thread = pthread_t()
    let pool = Unmanaged.passRetained(self).toOpaque()
    pthread_create(&thread, nil, runWorkerThread, pool)
    pthread_detach(thread)
  }

  fileprivate func serve() {
    while true {
      var count: UInt64 = 0
      while read(available, &count, MemoryLayout<UInt64>.size) < 0, errno == EINTR {}
      let work = state.withLock { state in
        state.idle -= 1
        return state.queue.isEmpty ? nil : state.queue.removeFirst()
      }
      work?()
      state.withLock { $0.idle += 1 }
    }
  }
}

private func runWorkerThread(_ pool: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let pool else { return nil }
  // This thread alone, on Linux: when the loop has something to do, it does not wait for a hash.
  _ = nice(10)
  Unmanaged<WorkerPool>.fromOpaque(pool).takeRetainedValue().serve()
  return nil
}
