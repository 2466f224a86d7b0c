/// A moment, as `timestamptz` has it: microseconds, without a zone of its own.
package struct Timestamp: Hashable, Comparable, Sendable {
  /// Since 1970-01-01 00:00 UTC.
  package let microseconds: Int64

  package init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  package init(unixSeconds: Int) {
    self.init(microseconds: Int64(unixSeconds) * 1_000_000)
  }

  /// Rounded down.
  package var unixSeconds: Int { Int(microseconds.quotient(by: 1_000_000)) }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// 2000-01-01 00:00 UTC, which PostgreSQL counts from.
  static let millennium = Timestamp(unixSeconds: 946_684_800)
}

// MARK: - As text

extension Timestamp {
  /// - Parameter text: RFC 3339, or `2024-02-29 23:59:59.5+00` as PostgreSQL prints it in its ISO
  ///   style; a zone is required.
  package init?(_ text: String) {
    var text = text
    guard let timestamp = text.withUTF8({ Timestamp(UnsafeRawBufferPointer($0)) }) else {
      return nil
    }
    self = timestamp
  }

  init?(_ text: UnsafeRawBufferPointer) {
    var scanner = Scanner(text)
    guard let year = scanner.number(4...6), scanner.skip("-"),
      let month = scanner.number(2...2, in: 1...12), scanner.skip("-"),
      let day = scanner.number(2...2, in: 1...31), scanner.skip(" ") || scanner.skip("T"),
      let hour = scanner.number(2...2, in: 0...23), scanner.skip(":"),
      let minute = scanner.number(2...2, in: 0...59), scanner.skip(":"),
      let second = scanner.number(2...2, in: 0...60),
      let fraction = scanner.skip(".") ? scanner.fraction() : 0,
      let offset = scanner.zone(), scanner.isAtEnd
    else { return nil }
    let days = Self.days(year, month, day)
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
    self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
  }

  /// Days since 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day is
  /// the last one.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year.quotient(by: 400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let days = days + 719_468
    let era = days.quotient(by: 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC as PostgreSQL prints it in JSON: `2024-02-29T23:59:59.5+00:00`.
  package var description: String {
    let days = Int(microseconds.quotient(by: 86_400_000_000))
    let inDay = Int(microseconds) - days * 86_400_000_000
    let (year, month, day) = Self.date(days)
    let seconds = inDay / 1_000_000
    return String(unsafeUninitializedCapacity: 40) { buffer in
      var text = Digits(buffer)
      text.append(year, width: 4)
      text.append(month, after: "-")
      text.append(day, after: "-")
      text.append(seconds / 3600, after: "T")
      text.append(seconds / 60 % 60, after: ":")
      text.append(seconds % 60, after: ":")
      if inDay % 1_000_000 != 0 {
        text.append(inDay % 1_000_000, after: ".", width: 6)
        text.dropZeros()
      }
      text.append(0, after: "+")
      text.append(0, after: ":")
      return text.count
    }
  }

  /// Numbers with zeros in front, one after the other.
  private struct Digits {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
      self.buffer = buffer
    }

    mutating func append(_ number: Int, after mark: Unicode.Scalar, width: Int = 2) {
      buffer[count] = UInt8(ascii: mark)
      count += 1
      append(number, width: width)
    }

    mutating func append(_ number: Int, width: Int) {
      if number < 0 {
        buffer[count] = UInt8(ascii: "-")
        count += 1
      }
      var places = 1
      var rest = number.magnitude
      while rest > 9 {
        rest /= 10
        places += 1
      }
      places = max(places, width - (number < 0 ? 1 : 0))
      rest = number.magnitude
      for place in (count..<count + places).reversed() {
        buffer[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      count += places
    }

    mutating func dropZeros() {
      while buffer[count - 1] == UInt8(ascii: "0") { count -= 1 }
    }
  }
}

extension Timestamp: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let timestamp = Timestamp(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a timestamp")
    }
    self = timestamp
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Walks over the text of a timestamp.
private struct Scanner {
  private let text: UnsafeRawBufferPointer
  private var next = 0

  init(_ text: UnsafeRawBufferPointer) {
    self.text = text
  }

  var isAtEnd: Bool { next == text.count }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next < text.count, text[next] == UInt8(ascii: character) else { return false }
    next += 1
    return true
  }

  mutating func number(_ widths: ClosedRange<Int>, in range: ClosedRange<Int>? = nil) -> Int? {
    var value = 0
    var width = 0
    while next < text.count, width < widths.upperBound, (48...57).contains(text[next]) {
      value = value * 10 + Int(text[next] - 48)
      next += 1
      width += 1
    }
    guard width >= widths.lowerBound, range?.contains(value) ?? true else { return nil }
    return value
  }

  /// In microseconds; further digits are dropped.
  mutating func fraction() -> Int? {
    let start = next
    guard var value = number(1...6) else { return nil }
    for _ in (next - start)..<6 { value *= 10 }
    while next < text.count, (48...57).contains(text[next]) { next += 1 }
    return value
  }

  /// Seconds east of UTC: `Z`, `+02`, `+0530`, `-03:30` or `+00:19:32`.
  mutating func zone() -> Int? {
    if skip("Z") { return 0 }
    let isWest = skip("-")
    guard isWest || skip("+"), let hours = number(2...2) else { return nil }
    _ = skip(":")
    let minutes = number(2...2, in: 0...59) ?? 0
    let seconds = skip(":") ? number(2...2, in: 0...59) : 0
    guard let seconds else { return nil }
    let offset = hours * 3600 + minutes * 60 + seconds
    return isWest ? -offset : offset
  }
}

extension FixedWidthInteger {
  /// Rounded down, also below zero.
  fileprivate func quotient(by divisor: Self) -> Self {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
