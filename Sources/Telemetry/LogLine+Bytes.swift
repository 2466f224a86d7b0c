/// For lines that are written for each request: without generics, which another module cannot
/// specialise, and without the scan that texts get.
extension LogLine {
  package mutating func add(_ name: StaticString, _ number: Int) {
    start(name)
    bytes.append(decimal: number)
  }

  /// Adds fields that are JSON already: `"name":value`, with commas between them. They hold no
  /// secret.
  package mutating func add(fields: UnsafeRawBufferPointer) {
    bytes.append(UInt8(ascii: ","))
    bytes.append(contentsOf: fields)
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
