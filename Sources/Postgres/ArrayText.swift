/// The text form of an array (PostgreSQL manual, "Array Input and Output Syntax").
enum ArrayText {
  /// - Returns: the elements' own text, nil for null; nil as a whole when `text` is no array of one
  ///   dimension counted from 1.
  static func elements(of text: UnsafeRawBufferPointer) -> [[UInt8]?]? {
    guard text.count >= 2, text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}") else {
      return nil
    }
    let body = text.dropFirst().dropLast()
    guard !body.isEmpty else { return [] }
    var elements: [[UInt8]?] = []
    var rest = body
    while true {
      guard let element = rest.first == UInt8(ascii: "\"") ? quoted(&rest) : bare(&rest) else {
        return nil
      }
      elements.append(element)
      guard let separator = rest.popFirst() else { return elements }
      guard separator == UInt8(ascii: ","), !rest.isEmpty else { return nil }
    }
  }

  /// `"a \"b\""`: a backslash takes the next byte as it is.
  private static func quoted(_ rest: inout Slice<UnsafeRawBufferPointer>) -> [UInt8]?? {
    rest.removeFirst()
    var element: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""):
        return .some(element)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        element.append(escaped)
      default:
        element.append(byte)
      }
    }
    return nil
  }

  private static func bare(_ rest: inout Slice<UnsafeRawBufferPointer>) -> [UInt8]?? {
    let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
    let element = Array(rest[rest.startIndex..<end])
    rest = rest[end...]
    guard !element.isEmpty, !element.contains(UInt8(ascii: "{")) else { return nil }
    return element == Array("NULL".utf8) ? .some(nil) : .some(element)
  }
}
