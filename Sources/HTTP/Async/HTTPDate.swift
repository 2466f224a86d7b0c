import Glibc
package import Loop

/// The time in the form of RFC 9110 §5.6.7, made once a second.
@Loop
package enum HTTPDate {
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
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)])"
    let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    return "\(day) \(1900 + Int(parts.tm_year)) \(clock) GMT"
  }

  private nonisolated static func two(_ number: Int32) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
