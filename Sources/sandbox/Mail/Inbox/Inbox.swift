import Glibc
import Loop

/// The mail that has come, up to a bound; the oldest makes room.
@Loop
final class Inbox {
  private let countLimit: Int
  private let sizeLimit: Int
  private var mails: [ReceivedMail] = []
  private var size = 0
  private var last = 0
  private var waiting: [ObjectIdentifier: Waiter] = [:]

  /// Somebody who waits for mail.
  private final class Waiter {
    var continuation: UnsafeContinuation<Void, Never>?
    var timer: LoopTimer?
  }

  /// - Parameter sizeLimit: of all messages as they came, in bytes.
  init(countLimit: Int = 1000, sizeLimit: Int = 64 << 20) {
    self.countLimit = countLimit
    self.sizeLimit = sizeLimit
  }

  func add(_ source: [UInt8], _ envelope: SMTPSession.Envelope) {
    last += 1
    mails.append(ReceivedMail(id: last, envelope, source, at: Self.now))
    size += source.count
    while mails.count > countLimit || size > sizeLimit, mails.count > 1 {
      size -= mails.removeFirst().source.count
    }
    for waiter in Array(waiting.values) { wake(waiter) }
  }

  /// Newest first.
  ///
  /// - Parameter id: only what came after that one.
  func mails(for address: String?, after id: Int?) -> [ReceivedMail] {
    mails.reversed().filter { mail in
      mail.id > id ?? 0 && address.map(mail.isFor) ?? true
    }
  }

  subscript(id: Int) -> ReceivedMail? { mails.first { $0.id == id } }

  /// - Returns: how many there were.
  func remove(for address: String?) -> Int {
    let before = mails.count
    mails.removeAll { address.map($0.isFor) ?? true }
    size = mails.reduce(0) { $0 + $1.source.count }
    return before - mails.count
  }

  /// Suspends until another mail has come, or that time is over.
  func nextMail(within time: Duration) async {
    let waiter = Waiter()
    waiting[ObjectIdentifier(waiter)] = waiter
    waiter.timer = LoopTimer { [weak self, weak waiter] in
      if let waiter { self?.wake(waiter) }
    }
    waiter.timer?.schedule(after: time)
    await withUnsafeContinuation { waiter.continuation = $0 }
  }

  private func wake(_ waiter: Waiter) {
    waiting[ObjectIdentifier(waiter)] = nil
    waiter.timer?.cancel()
    waiter.continuation?.resume()
    waiter.continuation = nil
  }

  /// RFC 3339, in UTC, with milliseconds.
  private static var now: String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var parts = tm()
    gmtime_r(&time.tv_sec, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = [
      (Int(parts.tm_year) + 1900, 4), (Int(parts.tm_mon) + 1, 2), (Int(parts.tm_mday), 2),
    ]
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { (Int($0), 2) }
    return date.map(padded).joined(separator: "-") + "T"
      + clock.map(padded).joined(separator: ":") + ".\(padded(time.tv_nsec / 1_000_000, 3))Z"
  }
}
