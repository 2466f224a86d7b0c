import Glibc

/// A moment on the monotonic clock, in nanoseconds.
package struct Instant: Comparable, Sendable {
  package var nanoseconds: UInt64

  package init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  package static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// Negative durations count as none.
  package static func + (instant: Instant, duration: Duration) -> Instant {
    Instant(nanoseconds: instant.nanoseconds &+ UInt64(max(0, duration.nanoseconds)))
  }

  package static func - (left: Instant, right: Instant) -> Duration {
    .nanoseconds(Int64(left.nanoseconds) - Int64(right.nanoseconds))
  }
}

extension Duration {
  package var nanoseconds: Int64 {
    Int64(clamping: attoseconds / 1_000_000_000)
  }

  package var seconds: Double {
    Double(nanoseconds) / 1_000_000_000
  }
}

/// Calls its action once, some time after ``schedule(after:)``; putting it off again is cheap, so
/// one timer serves a connection for life.
@Loop
package final class LoopTimer {
  fileprivate var action: @Loop () -> Void
  /// When to fire; nil while it is off.
  fileprivate var deadline: Instant?
  /// The deadline of its live entry in the queue, which may be earlier than `deadline`.
  fileprivate var queued: Instant?

  package init(_ action: @escaping @Loop () -> Void) {
    self.action = action
  }

  package var isScheduled: Bool { deadline != nil }

  /// Fires `duration` from now, instead of when it was to fire before.
  package func schedule(after duration: Duration) {
    schedule(at: .now + duration)
  }

  package func schedule(at instant: Instant) {
    deadline = instant
    Poller.shared.timers.enqueue(self)
  }

  package func cancel() {
    guard deadline != nil else { return }
    deadline = nil
    Poller.shared.timers.noteCancelled()
  }
}

/// A binary heap of deadlines. An entry whose timer was put off or cancelled is sorted out when its
/// turn comes, or all at once when they are the majority.
@Loop
final class TimerQueue {
  private struct Entry {
    var deadline: Instant
    var timer: LoopTimer
  }

  private var heap: [Entry] = []
  private var cancelled = 0

  func enqueue(_ timer: LoopTimer) {
    guard let deadline = timer.deadline else { return }
    if let queued = timer.queued, queued <= deadline { return }
    timer.queued = deadline
    push(Entry(deadline: deadline, timer: timer))
  }

  func noteCancelled() {
    cancelled += 1
    guard cancelled > 1024, cancelled > heap.count / 2 else { return }
    cancelled = 0
    let live = heap.filter { $0.timer.deadline != nil && $0.timer.queued == $0.deadline }
    for entry in heap where entry.timer.deadline == nil { entry.timer.queued = nil }
    heap.removeAll(keepingCapacity: true)
    for entry in live { push(entry) }
  }

  /// For epoll_wait: -1 when nothing is scheduled, rounded up so that a turn is not spun away.
  func millisecondsToNext() -> Int32 {
    guard let first = heap.first else { return -1 }
    let left = first.deadline - .now
    return left <= .zero ? 0 : Int32(min(left.nanoseconds / 1_000_000 + 1, 60_000))
  }

  func fire() {
    guard let first = heap.first else { return }
    let now = Instant.now
    guard first.deadline <= now else { return }
    while let first = heap.first, first.deadline <= now {
      pop()
      let timer = first.timer
      guard timer.queued == first.deadline else { continue }
      timer.queued = nil
      guard let deadline = timer.deadline else { continue }
      if deadline > now {
        enqueue(timer)
      } else {
        timer.deadline = nil
        timer.action()
      }
    }
  }

  private func push(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].deadline < heap[parent].deadline else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private func pop() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline { child += 1 }
      guard heap[child].deadline < heap[parent].deadline else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
