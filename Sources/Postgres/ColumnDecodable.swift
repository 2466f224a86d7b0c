import Glibc

/// A value that can be read from a column's text form (the `…out` functions of PostgreSQL).
package protocol ColumnDecodable {
  /// - Returns: nil when `columnText` is no such value.
  init?(columnText: UnsafeRawBufferPointer)

  /// What null is read as; nil when the column may not be null.
  static var null: Self? { get }
}

extension ColumnDecodable {
  package static var null: Self? { nil }
}

extension Optional: ColumnDecodable where Wrapped: ColumnDecodable {
  package init?(columnText: UnsafeRawBufferPointer) {
    guard let value = Wrapped(columnText: columnText) else { return nil }
    self = .some(value)
  }

  package static var null: Wrapped?? { .some(nil) }
}

extension ColumnDecodable where Self: RawRepresentable, RawValue: ColumnDecodable {
  package init?(columnText: UnsafeRawBufferPointer) {
    guard let rawValue = RawValue(columnText: columnText) else { return nil }
    self.init(rawValue: rawValue)
  }
}

extension String: ColumnDecodable {
  package init?(columnText: UnsafeRawBufferPointer) {
    self.init(decoding: columnText, as: UTF8.self)
  }
}

extension Bool: ColumnDecodable {
  package init?(columnText: UnsafeRawBufferPointer) {
    guard columnText.count == 1 else { return nil }
    switch columnText[0] {
    case UInt8(ascii: "t"): self = true
    case UInt8(ascii: "f"): self = false
    default: return nil
    }
  }
}

extension ColumnDecodable where Self: FixedWidthInteger {
  package init?(columnText: UnsafeRawBufferPointer) {
    let isNegative = columnText.first == UInt8(ascii: "-")
    let digits = columnText.dropFirst(isNegative ? 1 : 0)
    guard !digits.isEmpty else { return nil }
    var value: Self = 0
    for byte in digits {
      guard (48...57).contains(byte) else { return nil }
      let (shifted, overflows) = value.multipliedReportingOverflow(by: 10)
      let digit = Self(byte - 48)
      let (sum, exceeds) =
        isNegative
        ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
      guard !overflows, !exceeds else { return nil }
      value = sum
    }
    self = value
  }
}

extension Int: ColumnDecodable {}
extension Int16: ColumnDecodable {}
extension Int32: ColumnDecodable {}
extension Int64: ColumnDecodable {}

extension Double: ColumnDecodable {
  package init?(columnText: UnsafeRawBufferPointer) {
    guard let value = Double(String(decoding: columnText, as: UTF8.self)) else { return nil }
    self = value
  }
}

extension UUID: ColumnDecodable {
  package init?(columnText: UnsafeRawBufferPointer) {
    self.init(columnText)
  }
}

extension Timestamp: ColumnDecodable {
  package init?(columnText: UnsafeRawBufferPointer) {
    self.init(columnText)
  }
}

/// `bytea` in its hex form, or an array of one dimension; for an array of optionals with nulls.
extension Array: ColumnDecodable where Element: ColumnDecodable {
  package init?(columnText: UnsafeRawBufferPointer) {
    guard let elements = ArrayText.elements(of: columnText) else { return nil }
    self = []
    reserveCapacity(elements.count)
    for element in elements {
      let value = element.map { $0.withUnsafeBytes { Element(columnText: $0) } } ?? Element.null
      guard let value else { return nil }
      append(value)
    }
  }
}

/// The bytes of a `bytea` column.
package struct Bytes: Hashable, Sendable, ColumnDecodable {
  package var array: [UInt8]

  /// - Parameter columnText: `\x` and two digits a byte.
  package init?(columnText: UnsafeRawBufferPointer) {
    guard columnText.count % 2 == 0, columnText.starts(with: [UInt8(ascii: "\\"), 0x78]) else {
      return nil
    }
    array = []
    array.reserveCapacity(columnText.count / 2 - 1)
    for index in stride(from: 2, to: columnText.count, by: 2) {
      guard let high = columnText[index].hexadecimalValue,
        let low = columnText[index + 1].hexadecimalValue
      else { return nil }
      array.append(high << 4 | low)
    }
  }
}
