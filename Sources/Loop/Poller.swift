import CLinux
import Glibc

/// What a descriptor is ready for, or what its owner waits for (epoll(7)).
package struct Readiness: OptionSet, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
  package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
  /// The peer will send no more; what it sent before may still be unread.
  package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
  /// Reported always, waited for or not.
  package static let broken = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
}

/// Owns one descriptor's events.
@Loop
package protocol EventSource: AnyObject {
  /// Called while the descriptor is ready (level-triggered): what is left undone is reported again.
  func ready(_ readiness: Readiness)
}

extension Loop {
  /// Reports the readiness of `descriptor` to `source`, which the loop retains until
  /// ``unwatch(_:)``.
  @Loop
  package static func watch(
    _ descriptor: Int32,
    for interest: Readiness,
    source: any EventSource
  ) throws(SystemError) {
    try Poller.shared.add(descriptor, interest, source)
  }

  /// Changes what a watched descriptor waits for.
  @Loop
  package static func update(_ descriptor: Int32, for interest: Readiness) {
    Poller.shared.change(descriptor, interest)
  }

  /// Ends the watch; must come before the descriptor is closed.
  @Loop
  package static func unwatch(_ descriptor: Int32) {
    Poller.shared.remove(descriptor)
  }
}

/// The epoll set, its sources and the timers: one turn of the loop at a time.
@Loop
final class Poller {
  static let shared = Poller()

  private struct Entry {
    var source: (any EventSource)?
    var generation: UInt32 = 0
  }

  private static let eventsPerTurn = 256

  let timers = TimerQueue()
  var endOfTurn: [@Loop () -> Void] = []
  private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
  private var entries: [Entry] = []
  private var generation: UInt32 = 0
  private var events = [epoll_event](repeating: epoll_event(), count: eventsPerTurn)
  private var wakeUpDescriptor: Int32 = -1

  func add(
    _ descriptor: Int32,
    _ interest: Readiness,
    _ source: any EventSource
  ) throws(SystemError) {
    let index = Int(descriptor)
    while entries.count <= index { entries.append(Entry()) }
    generation &+= 1
    entries[index] = Entry(source: source, generation: generation)
    do {
      try control(EPOLL_CTL_ADD, descriptor, interest, generation)
    } catch {
      entries[index].source = nil
      throw error
    }
  }

  func change(_ descriptor: Int32, _ interest: Readiness) {
    guard Int(descriptor) < entries.count, entries[Int(descriptor)].source != nil else { return }
    try? control(EPOLL_CTL_MOD, descriptor, interest, entries[Int(descriptor)].generation)
  }

  func remove(_ descriptor: Int32) {
    guard Int(descriptor) < entries.count, entries[Int(descriptor)].source != nil else { return }
    entries[Int(descriptor)].source = nil
    try? control(EPOLL_CTL_DEL, descriptor, [], 0)
  }

  /// Finishes the turn, waits for events (not at all when jobs are waiting) and hands them out.
  func turn(of executor: LoopExecutor) {
    let wakeUp = executor.wakeUp
    if wakeUpDescriptor < 0 {
      wakeUpDescriptor = wakeUp.descriptor
      try? control(EPOLL_CTL_ADD, wakeUp.descriptor, .readable, 0)
    }
    for work in endOfTurn { work() }
    let count = wait(milliseconds: executor.hasJobs ? 0 : timers.millisecondsToNext())
    for index in 0..<count { deliver(events[index], wakeUp) }
    timers.fire()
  }

  private func deliver(_ event: epoll_event, _ wakeUp: WakeUp) {
    let descriptor = Int32(truncatingIfNeeded: event.data.u64 & 0xFFFF_FFFF)
    if descriptor == wakeUp.descriptor {
      wakeUp.clear()
      return
    }
    let entry = entries[Int(descriptor)]
    // An event of a descriptor that was closed, and perhaps opened anew, earlier in this turn.
    guard let source = entry.source, entry.generation == UInt32(event.data.u64 >> 32) else {
      return
    }
    source.ready(Readiness(rawValue: event.events))
  }

  private func wait(milliseconds: Int32) -> Int {
    let count = events.withUnsafeMutableBufferPointer {
      epoll_wait(epoll, $0.baseAddress, Int32($0.count), milliseconds)
    }
    return max(0, Int(count))
  }

  private func control(
    _ operation: Int32,
    _ descriptor: Int32,
    _ interest: Readiness,
    _ generation: UInt32
  ) throws(SystemError) {
    var event = epoll_event()
    event.events = interest.rawValue
    event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    try SystemError.check(epoll_ctl(epoll, operation, descriptor, &event), "epoll_ctl")
  }
}
