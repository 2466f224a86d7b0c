import Loop

/// Whose time is watched by ``Deadlines``.
@Loop
protocol Timed: AnyObject {
  /// It was begun and has not ended: the watch's own.
  var isTimed: Bool { get set }
}

/// Watches the time that handlers take: one limit for all requests to a function, so that those who
/// wait are in the order of their deadlines and one timer does for all.
@Loop
final class Deadlines<Subject: Timed> {
  private struct Entry {
    let deadline: Instant
    let subject: Subject
  }

  private let limit: Duration
  private let passed: @Loop (Subject) -> Void
  private var entries: [Entry] = []
  /// How many entries are of requests that have ended; they are left until they are the majority.
  private var ended = 0
  private lazy var timer = LoopTimer { [weak self] in self?.fire() }

  /// - Parameter passed: called once for what was begun and has not ended in time.
  init(limit: Duration, passed: @escaping @Loop (Subject) -> Void) {
    self.limit = limit
    self.passed = passed
  }

  func begin(_ subject: Subject) {
    let deadline = Instant.now + limit
    subject.isTimed = true
    entries.append(Entry(deadline: deadline, subject: subject))
    if !timer.isScheduled { timer.schedule(at: deadline) }
  }

  func end(_ subject: Subject) {
    guard subject.isTimed else { return }
    subject.isTimed = false
    ended += 1
    guard ended > 16, ended > entries.count / 2 else { return }
    ended = 0
    entries.removeAll { !$0.subject.isTimed }
  }

  private func fire() {
    let now = Instant.now
    let due = entries.prefix { $0.deadline <= now }
    entries.removeFirst(due.count)
    for entry in due {
      if entry.subject.isTimed {
        entry.subject.isTimed = false
        passed(entry.subject)
      } else {
        ended -= 1
      }
    }
    if let next = entries.first { timer.schedule(at: next.deadline) }
  }
}
