import Loop

/// When a process that ended is started again.
///
/// One crash is answered at once. More of them are spaced out, exponentially and with jitter; a
/// process that keeps crashing is left in peace for most of the time, and said to be in a crash
/// loop until it has run long enough to be believed.
struct RestartPolicy: Sendable {
  /// So many ends within `window` are a crash loop.
  static let crashes = 5
  static let window = Duration.seconds(30)
  static let crashLoopDelay = Duration.seconds(30)
  private static let firstBackoff = Duration.milliseconds(200)
  private static let longestBackoff = Duration.seconds(5)

  private var ends: [Instant] = []
  private(set) var isCrashLoop = false

  /// Notes that the process ended at `now`.
  ///
  /// - Parameters:
  ///   - uptime: how long it had run.
  ///   - jitter: 0..<1, random.
  /// - Returns: how long to wait before the next start.
  mutating func ended(at now: Instant, uptime: Duration, jitter: Double) -> Duration {
    // In a crash loop the ends are further apart than the window; only a good run resets it.
    if uptime > Self.window {
      ends.removeAll()
      isCrashLoop = false
    }
    ends.removeAll { now - $0 > Self.window }
    ends.append(now)
    if ends.count >= Self.crashes { isCrashLoop = true }
    if isCrashLoop { return Self.crashLoopDelay + .milliseconds(Int64(jitter * 1000)) }
    guard ends.count > 1 else { return .zero }
    let backoff = min(Self.longestBackoff, Self.firstBackoff * (1 << (ends.count - 2)))
    return backoff * (0.5 + jitter / 2)
  }

  /// Forgets the past, since what is started next is another program.
  mutating func reset() {
    self = RestartPolicy()
  }
}
