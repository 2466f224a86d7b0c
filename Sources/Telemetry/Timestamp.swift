import Glibc

/// Writes moments as RFC 3339 in UTC with milliseconds, such as `2026-02-03T04:05:06.007Z`; keeps
/// the text of the last second, since most lines share it.
struct Timestamp {
  private var second: time_t?
  private var text: [UInt8] = []

  mutating func append(_ time: timespec, to bytes: inout [UInt8]) {
    if time.tv_sec != second { remember(time.tv_sec) }
    bytes.append(contentsOf: text)
    bytes.append(decimal: time.tv_nsec / 1_000_000, digits: 3)
    bytes.append(UInt8(ascii: "Z"))
  }

  private mutating func remember(_ second: time_t) {
    var second = second
    var parts = tm()
    gmtime_r(&second, &parts)
    self.second = second
    text.removeAll(keepingCapacity: true)
    text.append(decimal: Int(parts.tm_year) + 1900, digits: 4)
    text.append("-")
    text.append(decimal: Int(parts.tm_mon) + 1, digits: 2)
    text.append("-")
    text.append(decimal: Int(parts.tm_mday), digits: 2)
    text.append("T")
    text.append(decimal: Int(parts.tm_hour), digits: 2)
    text.append(":")
    text.append(decimal: Int(parts.tm_min), digits: 2)
    text.append(":")
    text.append(decimal: Int(parts.tm_sec), digits: 2)
    text.append(".")
  }
}
