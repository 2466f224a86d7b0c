/// The fields of lines that are written for each request: without generics, which another module
/// cannot specialise, and without the scan that texts get.
extension LogLine {
  package mutating func add(_ name: StaticString, _ number: Int) {
    start(name)
    bytes.append(decimal: number)
  }

  /// Adds a duration in milliseconds with three decimals; `name` should end in `_ms`.
  package mutating func add(_ name: StaticString, nanoseconds: UInt64) {
    start(name)
    let microseconds = Int(clamping: nanoseconds / 1000)
    bytes.append(decimal: microseconds / 1000)
    bytes.append(UInt8(ascii: "."))
    bytes.append(decimal: microseconds % 1000, digits: 3)
  }

  /// Adds a text of ASCII that holds no secret and nothing that JSON escapes, such as a request id
  /// that was checked.
  package mutating func add(_ name: StaticString, verbatim text: UnsafeRawBufferPointer) {
    start(name)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: text)
    bytes.append(UInt8(ascii: "\""))
  }
}

extension [UInt8] {
  /// - Parameter digits: pads with zeros to at least so many.
  mutating func append(decimal value: Int, digits: Int = 1) {
    if value < 0 { append(UInt8(ascii: "-")) }
    var text = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var position = text.count
    var rest = value.magnitude
    repeat {
      position -= 1
      text[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    position = Swift.min(position, text.count - digits)
    Swift.withUnsafeBytes(of: &text) { text in
      append(contentsOf: UnsafeRawBufferPointer(rebasing: text[position...]))
    }
  }
}
