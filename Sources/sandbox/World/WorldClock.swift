import Glibc
import Loop
import Postgres

/// The time as the outside world has it: ours, and what a test has added to it.
@Loop
final class WorldClock {
  /// In seconds.
  private(set) var offset = 0

  /// Seconds since 1970.
  var now: Int { Glibc.time(nil) + offset }

  func advance(by seconds: Int) {
    offset += seconds
  }

  func set(to time: Int) {
    offset = time - Glibc.time(nil)
  }

  func reset() {
    offset = 0
  }
}

/// A moment in seconds since 1970, in the forms that platforms write it.
enum Moment {
  /// `2026-10-01T12:00:00Z`
  static func zulu(_ time: Int) -> String { plain(time) + "Z" }

  /// `2026-10-01T12:00:00+0000`, without the colon that RFC 3339 wants.
  static func offset(_ time: Int) -> String { plain(time) + "+0000" }

  private static func plain(_ time: Int) -> String {
    String(Timestamp(unixSeconds: time).description.prefix(19))
  }
}

/// The calendar day in America/Los_Angeles, where Google's quotas end.
enum PacificDay {
  /// Days since 1970 there.
  static func number(at time: Int) -> Int { dividedDown(time + offset(at: time), 86_400) }

  /// When the day that holds `time` ends.
  static func end(of time: Int) -> Int {
    let midnight = (number(at: time) + 1) * 86_400
    let winter = midnight + 8 * 3600
    return number(at: winter - 3600) > number(at: time) ? winter - 3600 : winter
  }

  /// Seconds east of UTC: summer time from the second Sunday of March, 2:00, to the first of
  /// November, 2:00.
  private static func offset(at time: Int) -> Int {
    let year = Int(Moment.zulu(time).prefix(4)) ?? 1970
    let start = sunday(2, in: "\(year)-03") + 10 * 3600
    let end = sunday(1, in: "\(year)-11") + 9 * 3600
    return (start..<end).contains(time) ? -7 * 3600 : -8 * 3600
  }

  /// The start, in UTC, of a month's Sunday of that number.
  private static func sunday(_ number: Int, in month: String) -> Int {
    let first = Timestamp("\(month)-01T00:00:00Z")?.unixSeconds ?? 0
    let weekday = (first / 86_400 + 4) % 7  // 1970-01-01 was a Thursday; Sunday is 0
    return first + ((7 - weekday) % 7 + (number - 1) * 7) * 86_400
  }

  private static func dividedDown(_ number: Int, _ divisor: Int) -> Int {
    number >= 0 ? number / divisor : (number - divisor + 1) / divisor
  }
}
