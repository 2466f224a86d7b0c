import CLinux
import Glibc
import Synchronization

/// Runs the loop's jobs on the thread that called `run()`.
///
/// It is the serial executor of ``Loop`` and, as a task executor, the preference of tasks that
/// shall not leave the thread. Jobs from other threads arrive through a locked queue and an
/// eventfd.
// Safety: `local`, `batch` and `thread` are touched on the loop's thread alone (`thread` is set
// before any other thread knows the executor is running); all that other threads reach is in a
// Mutex.
final class LoopExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
  private struct Remote {
    var jobs: [UnownedJob] = []
    var isAwake = false
    var isStopping = false
  }

  /// How many batches of jobs run before the loop looks at its sockets again.
  private static let batchesPerTurn = 16

  let wakeUp = WakeUp()
  private let remote = Mutex(Remote())
  private var local: [UnownedJob] = []
  private var batch: [UnownedJob] = []
  private var thread = pthread_t()

  /// Asked on the loop's thread.
  var hasJobs: Bool { !local.isEmpty }

  private var isOnThread: Bool { pthread_equal(pthread_self(), thread) != 0 }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isOnThread {
      local.append(job)
      return
    }
    let mustWake = remote.withLock { remote in
      remote.jobs.append(job)
      defer { remote.isAwake = true }
      return !remote.isAwake
    }
    if mustWake { wakeUp.signal() }
  }

  func checkIsolated() {
    precondition(isOnThread, "this must be called on the event loop's thread")
  }

  func isIsolatingCurrentContext() -> Bool? {
    isOnThread
  }

  func stop() {
    remote.withLock { $0.isStopping = true }
    wakeUp.signal()
  }

  func run() {
    thread = pthread_self()
    while takeRemote() {
      runJobs()
      Loop.assumeIsolated { Poller.shared.turn(of: self) }
    }
  }

  /// Takes over the jobs of other threads; false when the loop shall end.
  private func takeRemote() -> Bool {
    remote.withLock { remote in
      remote.isAwake = false
      if !remote.jobs.isEmpty {
        local.append(contentsOf: remote.jobs)
        remote.jobs.removeAll(keepingCapacity: true)
      }
      return !remote.isStopping
    }
  }

  private func runJobs() {
    let serial = asUnownedSerialExecutor()
    let task = asUnownedTaskExecutor()
    var batches = Self.batchesPerTurn
    while !local.isEmpty, batches > 0 {
      swap(&local, &batch)
      for job in batch { job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
      batch.removeAll(keepingCapacity: true)
      batches -= 1
    }
  }
}

/// An eventfd that ends the loop's wait from any thread.
struct WakeUp: Sendable {
  let descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))

  func signal() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  func clear() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
  }
}
