import Loop

/// What the project has used of YouTube's quota since midnight in California.
@Loop
final class YouTubeUnits {
  enum Bucket: Sendable, CaseIterable { case units, statistics }

  private let clock: WorldClock
  private let switches: Switches
  private var day = 0
  private var used: [Bucket: Int] = [:]

  init(_ clock: WorldClock, _ switches: Switches) {
    self.clock = clock
    self.switches = switches
  }

  func reset() {
    used = [:]
  }

  func limit(of bucket: Bucket) -> Int {
    switches[bucket == .units ? .youtubeDailyUnits : .youtubeDailyStatistics]
  }

  func used(of bucket: Bucket) -> Int {
    if day != PacificDay.number(at: clock.now) {
      day = PacificDay.number(at: clock.now)
      used = [:]
    }
    return used[bucket, default: 0]
  }

  /// - Throws: ``Refusal`` when none is left.
  func spend(_ bucket: Bucket) throws(Refusal) {
    guard used(of: bucket) < limit(of: bucket) else { throw Refusal(.youtube, "quotaExceeded") }
    used[bucket, default: 0] += 1
  }

  /// When the day ends, in seconds since 1970.
  var resetTime: Int { PacificDay.end(of: clock.now) }
}
