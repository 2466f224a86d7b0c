/// A value that an ``SQL`` statement can bind, with the type the server takes it for.
///
/// An enum of strings or integers has only to say that it conforms.
package protocol Bindable: Sendable {
  static var boundType: TypeID { get }

  /// Appends the value in the type's binary form (the `…send` functions of PostgreSQL).
  func bind(into bytes: inout [UInt8])
}

/// A value whose arrays can be bound.
package protocol BindableElement: Bindable {
  static var boundArrayType: TypeID { get }

  static func bind(_ elements: [Self], into bytes: inout [UInt8])
}

extension BindableElement {
  /// One dimension, counted from 1, without nulls.
  package static func bind(_ elements: [Self], into bytes: inout [UInt8]) {
    bytes.append(bigEndian: Int32(elements.isEmpty ? 0 : 1))
    bytes.append(bigEndian: Int32(0))
    bytes.append(bigEndian: boundType.oid)
    guard !elements.isEmpty else { return }
    bytes.append(bigEndian: Int32(elements.count))
    bytes.append(bigEndian: Int32(1))
    for element in elements {
      let start = bytes.count
      bytes.append(bigEndian: Int32(0))
      element.bind(into: &bytes)
      let length = Int32(bytes.count - start - 4)
      withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(start..<(start + 4), with: $0) }
    }
  }
}

extension Array: Bindable where Element: BindableElement {
  package static var boundType: TypeID { Element.boundArrayType }

  package func bind(into bytes: inout [UInt8]) { Element.bind(self, into: &bytes) }
}

extension Bindable where Self: RawRepresentable, RawValue: Bindable {
  package static var boundType: TypeID { RawValue.boundType }

  package func bind(into bytes: inout [UInt8]) { rawValue.bind(into: &bytes) }
}

extension String: BindableElement {
  package static var boundType: TypeID { .text }
  package static var boundArrayType: TypeID { .textArray }

  package func bind(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension Int: BindableElement {
  package static var boundType: TypeID { .int8 }
  package static var boundArrayType: TypeID { .int8Array }

  package func bind(into bytes: inout [UInt8]) { bytes.append(bigEndian: Int64(self)) }
}

extension Int64: BindableElement {
  package static var boundType: TypeID { .int8 }
  package static var boundArrayType: TypeID { .int8Array }

  package func bind(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

extension Int32: BindableElement {
  package static var boundType: TypeID { .int4 }
  package static var boundArrayType: TypeID { .int4Array }

  package func bind(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

extension Bool: Bindable {
  package static var boundType: TypeID { .bool }

  package func bind(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

extension Double: Bindable {
  package static var boundType: TypeID { .float8 }

  package func bind(into bytes: inout [UInt8]) { bytes.append(bigEndian: bitPattern) }
}

/// An array of bytes is a `bytea`.
extension UInt8: BindableElement {
  package static var boundType: TypeID { .bytea }
  package static var boundArrayType: TypeID { .bytea }

  package func bind(into bytes: inout [UInt8]) { bytes.append(self) }

  package static func bind(_ elements: [UInt8], into bytes: inout [UInt8]) {
    bytes.append(contentsOf: elements)
  }
}

extension UUID: BindableElement {
  package static var boundType: TypeID { .uuid }
  package static var boundArrayType: TypeID { .uuidArray }

  package func bind(into bytes: inout [UInt8]) {
    bytes.append(bigEndian: high)
    bytes.append(bigEndian: low)
  }
}

extension Timestamp: Bindable {
  package static var boundType: TypeID { .timestamptz }

  package func bind(into bytes: inout [UInt8]) {
    bytes.append(bigEndian: microseconds - Timestamp.millennium.microseconds)
  }
}

extension Array<UInt8> {
  mutating func append(bigEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  mutating func append(decimal value: Int) {
    guard value >= 10 else { return append(UInt8(48 + value)) }
    append(decimal: value / 10)
    append(UInt8(48 + value % 10))
  }
}
