import Glibc
package import Loop

/// The time in the form of RFC 9110 §5.6.7, made once a second.
@Loop
package enum HTTPDate {
  private nonisolated static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static var second = 0
  private static var text: [UInt8] = []

  /// `Sun, 06 Nov 1994 08:49:37 GMT`.
  package static var now: [UInt8] {
    let time = Glibc.time(nil)
    if time != second {
      second = time
      text = Array(format(time).utf8)
    }
    return text
  }

  /// - Parameter time: seconds since 1970 in UTC.
  package nonisolated static func format(_ time: Int) -> String {
    var time = time_t(time)
    var parts = tm()
    gmtime_r(&time, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)])"
    let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    return "\(day) \(1900 + Int(parts.tm_year)) \(clock) GMT"
  }

  /// - Returns: seconds since 1970 in UTC; nil for what is none of the three forms that a date may
  ///   have.
  package nonisolated static func seconds(in text: String) -> Int? {
    var words = text.split { " ,-".contains($0) }
    // `Sun Nov  6 08:49:37 1994`
    if words.count == 5 { words = [words[0], words[2], words[1], words[4], words[3], "GMT"] }
    guard words.count == 6, words[5] == "GMT", let day = Int32(words[1]), 1...31 ~= day,
      let month = months.firstIndex(of: String(words[2])), let year = Int32(words[3]),
      0...9999 ~= year
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int32($0) }
    guard clock.count == 3, 0...23 ~= clock[0], 0...59 ~= clock[1], 0...60 ~= clock[2] else {
      return nil
    }
    var parts = tm()
    (parts.tm_mday, parts.tm_mon) = (day, Int32(month))
    // of two digits, those before 70 are of this century
    parts.tm_year = year < 70 ? year + 100 : year < 100 ? year : year - 1900
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
    return timegm(&parts)
  }

  private nonisolated static func two(_ number: Int32) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
